// What a hook is unless its declaration says otherwise. Apart from the schema, so that a start reads no typebox.

import type { HookPoint } from './hooks.ts'

export const HOOK_DEFAULTS = {
  mode: 'filter',
  cardinality: 'many',
  deadlineMs: 1000,
  onError: 'skip',
} as const satisfies Partial<HookPoint>
