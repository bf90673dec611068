/** The encoder a place gets. Numbers, because the renderer switches on them for every hole. */
export const place = {
  text: 0,
  plain: 1,
  url: 2,
  localUrl: 3,
  localBase: 4,
  segment: 5,
  firstSegment: 6,
  component: 7,
  opaque: 8,
  boolean: 9,
  json: 10,
  formToken: 11,
  nonce: 12,
} as const

export type Place = (typeof place)[keyof typeof place]

/** What is wrong with a template, and what to write instead. */
export class TemplateProblem extends Error {}

export type Attribute = {
  name: string
  /** Static text around the holes: one more part than there are holes. */
  readonly parts: string[]
  quoted: boolean
  /** Indices of this attribute's holes among the operations of the template. */
  readonly holes: number[]
}

export type Tag = {
  name: string
  readonly isEnd: boolean
  readonly attributes: Attribute[]
}
