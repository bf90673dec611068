/**
 * The OpenAPI 3.1 document of an API, from its routes alone: what stands in it is what the pipeline
 * does. The same routes give the same text.
 */
import type { ApiPolicy } from '../policy.ts'
import { componentsOf } from './components.ts'
import type { Operation } from './operation.ts'
import type { Parameter } from './parameters.ts'
import { headerComponents, problemSchema, responsesOf, sharedResponses } from './responses.ts'

type Node = { readonly [name: string]: unknown }

/** What every reader has to know before the first request. */
export const introduction = [
  'Bodies are JSON in UTF-8. An object takes the members that are named here and no others.',
  'Every refusal is a problem (RFC 9457); its `code` is what to decide on.',
  'HEAD is answered wherever GET is.',
].join(' ')

/** `origin` is where the API is served: `https://press.example`, or empty for wherever the document is. */
export function openApiDocument(
  policy: ApiPolicy,
  operations: readonly Operation[],
  origin: string,
): Node {
  const components = componentsOf(operations)
  const paths: Record<string, Node> = {}
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: operationNode(operation, components),
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: policy.title, version: policy.version, description: introduction },
    servers: [{ url: origin === '' ? '/' : origin }],
    tags: [...new Set(operations.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...components.schemas, Problem: problemSchema },
      responses: sharedResponses(),
      headers: headerComponents,
      securitySchemes: securitySchemes(policy),
    },
  }
}

function schemeOf({ requiresProof }: { readonly requiresProof: boolean }): 'bearer' | 'dpop' {
  return requiresProof ? 'dpop' : 'bearer'
}

function securitySchemes(policy: ApiPolicy): Node {
  return schemeOf(policy) === 'dpop'
    ? {
        dpop: {
          ...{ type: 'http', scheme: 'DPoP' },
          description:
            'A token that is bound to a key: Authorization: DPoP …, with a proof in the DPoP field (RFC 9449).',
        },
      }
    : {
        bearer: {
          ...{ type: 'http', scheme: 'bearer' },
          description:
            'Authorization: Bearer … (RFC 6750). A token that is bound to a key comes with the scheme DPoP and a proof instead (RFC 9449). Tokens are read nowhere else.',
        },
      }
}

function operationNode(operation: Operation, components: ReturnType<typeof componentsOf>): Node {
  const { id, tag, summary, description, access, parameters, body, limits } = operation
  const { isOpen, scope, freshSeconds } = access
  // For a scheme other than OAuth's, the list names what a token needs (OpenAPI 3.1.1, section 4.8.30).
  const needed = { [schemeOf(access)]: scope === undefined ? [] : [scope] }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterNode) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: components.refOf(body) } } },
          },
        }),
    responses: responsesOf(operation, components),
    security: isOpen ? [{}, needed] : [needed],
    'x-scopes': scope === undefined ? [] : [scope],
    ...(freshSeconds === undefined ? {} : { 'x-fresh-seconds': freshSeconds }),
    'x-limits': limits.map(({ requests, windowSeconds, countedBy }) => ({
      ...{ requests, windowSeconds, countedBy },
    })),
  }
}

function parameterNode({ name, in: place, required, description, schema }: Parameter): Node {
  return {
    ...{ name, in: place, required },
    ...(description === undefined ? {} : { description }),
    schema,
  }
}
