// The calls to a template process. Plain data, the same types on both sides.
// Invariant: a job is begun, then asked for its results in order; the next job forgets it.

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

export type TemplateCall =
  /** The body is a JobBody in JSON. The reply is null. */
  | { readonly method: 'begin' }
  /** The body is a ValuesBody in JSON. Replies with a ValuesReply; the body of the reply are the rendered values in JSON. */
  | { readonly method: 'values' }
  /** Renders wanted templates from this index on. Replies with a RenderReply; the body are the texts, one after the other. */
  | { readonly method: 'render'; readonly from: number; readonly count: number }
  /** Replies with the patch points that the texts of the job name: a PointUse[]. */
  | { readonly method: 'points' }

export interface ValuesBody {
  readonly values: Readonly<Record<string, OwnedValue>>
}

/** A value of the templates, before it is rendered. */
export interface OwnedValue {
  readonly value: JsonValue
  /** The id of a plugin, `host` or `user`. */
  readonly owner: string
}

export interface JobBody {
  /** Rendered values. */
  readonly values: Readonly<Record<string, JsonValue>>
  readonly templates: Readonly<Record<string, OwnedText>>
  /** By name of the patch point, in order. */
  readonly patches: Readonly<Record<string, readonly PatchText[]>>
  readonly wanted: readonly string[]
}

export interface OwnedText {
  readonly text: string
  /** The id of a plugin, or `host`. */
  readonly owner: string
}

export interface PatchText {
  readonly plugin: string
  readonly text: string
}

export interface ValuesReply {
  readonly problems: readonly TemplateProblem[]
  /** After a fault of the engine, its process must not be asked again. */
  readonly broken: boolean
}

export interface RenderReply {
  /** The wanted templates from `from` on, in order; there may be more. */
  readonly files: readonly RenderedFile[]
  readonly broken: boolean
}

export interface RenderedFile {
  readonly path: string
  /** Of the text in UTF-8; 0 when there are problems. */
  readonly bytes: number
  readonly problems: readonly TemplateProblem[]
}

export interface PointUse {
  readonly point: string
  /** The template or, in `patch`, the patch that names the point. */
  readonly file?: string
  readonly patch?: string
  readonly plugin?: string
  readonly line: number
}

/** What is wrong with a template, a patch or a value, and where. */
export interface TemplateProblem {
  /** A sentence without a final period that names the place. */
  readonly message: string
  /** The file that was being rendered. */
  readonly file?: string
  /** The plugin whose text is at fault; `host` or `user` for theirs. */
  readonly owner?: string
  readonly patch?: string
  /** The value that is at fault. */
  readonly key?: string
  /** 1-based, in the text that is at fault. */
  readonly line?: number
}

/** Longest text of a template, a patch, or a file that is rendered, in bytes. */
export const MAX_TEXT_BYTES = 1_000_000
/** All texts and values of a job, in bytes of JSON. */
export const MAX_JOB_BYTES = 32_000_000
/** Bytes of the texts in one reply, apart from the last of them. */
export const REPLY_BYTES = 500_000
/** Rendered values, in bytes of JSON. */
export const MAX_VALUES_BYTES = 1_000_000
export const MAX_PROBLEMS = 100
/** Patches within patches, and values within values. */
export const MAX_DEPTH = 20
export const MAX_VALUE_DEPTH = 200
/** Steps of the engine for one text. */
export const FUEL = 2_000_000
