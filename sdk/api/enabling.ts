// Enabling and disabling several plugins with one request: each is tried, and has a result of its own.

import { Type } from '../schema.ts'
import { Effects } from './effects.ts'
import { INSTALLATION, Installation } from './plugins.ts'
import { Problem } from './problems.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

/** Longer than any plugin id: one that cannot exist is reported like one that does not. */
const AnyId = Type.String({ minLength: 1, maxLength: 200 })

export const EnablingRequest = Type.Object(
  { ids: Type.Array(AnyId, { maxItems: 1000, description: 'Ids of installed plugins' }) },
  STRICT,
)
export type EnablingRequest = TypeOf<typeof EnablingRequest>

const EnablingResult = Type.Object(
  {
    id: Text,
    ok: Type.Boolean({ description: 'Whether the plugin is as requested' }),
    changed: Type.Boolean({ description: 'False when it was so already, or failed before anything changed' }),
    problem: orNull(Problem),
    installation: orNull(Installation),
    effects: orNull(Effects),
  },
  STRICT,
)
/** What became of one plugin. The installation is null when there is none, the effects when nothing was changed. */
export type EnablingResult = TypeOf<typeof EnablingResult>

export const SwitchAnswer = Type.Object({ ...INSTALLATION, effects: Effects }, STRICT)
/** A plugin that was enabled or disabled. */
export type SwitchAnswer = TypeOf<typeof SwitchAnswer>

export const EnablingAnswer = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether all results are' }),
    results: Type.Array(EnablingResult, { description: 'In the order in which they were tried' }),
  },
  STRICT,
)
export type EnablingAnswer = TypeOf<typeof EnablingAnswer>
