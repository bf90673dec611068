/** A second opinion from outside: on the document as a whole, on its schemas, and on bodies. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { ValidateSchema } from '../../../testing/openApi.ts'

/** What the specification has against a document; undefined for nothing. */
export async function documentFault(
  document: Record<string, unknown>,
): Promise<string | undefined> {
  const result = await new Validator().validate(structuredClone(document))
  return result.valid ? undefined : JSON.stringify(result.errors)
}

/** Strict: an unknown keyword or format, or a reference that leads nowhere, throws. */
export function strictValidator(): ValidateSchema {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: false })
  formats.default(ajv)
  ajv.addVocabulary(['components'])
  return (schema, value) => {
    const validate = ajv.compile(schema)
    return validate(value) ? undefined : ajv.errorsText(validate.errors)
  }
}
