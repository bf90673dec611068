/** The APIs of a project as documents, without anything to run on. */
import { siteLimitOptions } from '../defences/limits/options.ts'
import { openApiDocument } from '../pipeline/api/openapi/document.ts'
import { operationsOf } from '../pipeline/api/openapi/operation.ts'
import { compileRoutes } from '../pipeline/compile.ts'
import type { Project } from './application.ts'

export type ProjectApi = {
  readonly prefix: string
  readonly title: string
  /** OpenAPI 3.1; `origin` is empty for wherever the document is read from. */
  readonly document: (origin: string) => object
}

/** Whether or not they are served: whoever runs this has the source. Throws Misconfiguration. */
export function projectApis(project: Project): readonly ProjectApi[] {
  const site = siteLimitOptions(project.limits)
  const routes = compileRoutes(project.blueprints, project.roles, site)
  const policies = [...new Set(routes.flatMap(({ policy }) => policy ?? []))]
  return policies.map((policy) => ({
    prefix: policy.prefix,
    title: policy.title,
    document: (origin) => openApiDocument(policy, operationsOf(routes, policy), origin),
  }))
}
