// Handlers of patches: functions that give the text for a place in the templates of the application.

import type { Context, Env } from './env.ts'
import type { ManifestField } from './manifest-values.ts'

/**
 * Returns the text of a patch, at most 100,000 characters, which is then rendered as a template. `values` are those of the application,
 * rendered, without secrets: a text names a secret as "{{ NAME }}" instead.
 */
export type PatchHandler = (
  values: Readonly<Record<string, unknown>>,
  env: Env,
  ctx: Context,
) => string | Promise<string>

/** By name of the place. */
export type PatchHandlers = Readonly<Record<ManifestField<'patches', string>, PatchHandler>>
