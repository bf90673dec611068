/**
 * The Standard Schema interface, version 1 (standardschema.dev): what zod, valibot, arktype and
 * others offer alike, so that an application may use any of them.
 */
export type StandardSchemaV1<Input = unknown, Output = Input> = {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export type StandardIssue = {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema says of itself as JSON Schema, for those that can: Standard JSON Schema, version 1. */
export type JsonSchema = { readonly [name: string]: unknown }

export type DescribedSchema<Input = unknown, Output = Input> = {
  readonly '~standard': StandardSchemaV1<Input, Output>['~standard'] & {
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => JsonSchema
      readonly output: (options: { readonly target: 'draft-2020-12' }) => JsonSchema
    }
  }
}
