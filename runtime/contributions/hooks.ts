// The plugins that a hook calls, and the conflict where it takes only one: a pure function of its contributors.

import { HOOK_DEFAULTS } from '../../sdk/host/hook-defaults.ts'
import type { HookPoint } from '../../sdk/host/hooks.ts'
import type { Problem } from '../errors.ts'
import type { Contributor } from './contributors.ts'

export interface HookPlan<Each extends Pick<Contributor, 'id'> = Contributor> {
  /** In order. */
  readonly called: readonly Each[]
  /** Present where plugins are left out, because the hook takes one. */
  readonly conflict: Problem | undefined
}

export function planHook<Each extends Pick<Contributor, 'id'>>(
  name: string,
  { cardinality = HOOK_DEFAULTS.cardinality }: Pick<HookPoint, 'cardinality'>,
  contributors: readonly Each[],
): HookPlan<Each> {
  const [first, ...others] = contributors
  if (cardinality === 'many' || first === undefined || others.length === 0)
    return { called: contributors, conflict: undefined }
  const names = others.map(({ id }) => `"${id}"`).join(', ')
  return {
    called: [first],
    conflict: {
      code: 'POINT_CONFLICT',
      message: `The hook "${name}" takes one plugin: "${first.id}" is used, and not ${names}`,
      hint: 'Disable one of them, or change their order',
    },
  }
}
