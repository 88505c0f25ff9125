// The parts that plugins put into a slot of the application, and the conflict where two replace its content: a pure function of its
// contributors.

import type { SlotPoint } from '../../sdk/host/slots.ts'
import type { Problem } from '../errors.ts'
import { type Bundle, bundlesOf } from './bundles.ts'
import type { Contributor } from './contributors.ts'
import type { ServingPlugin } from './live-plugin.ts'

export type SlotMode = NonNullable<SlotPoint['modes']>[number]

export const DEFAULT_MODES: readonly SlotMode[] = ['append']

export interface PlacedBundle {
  readonly plugin: ServingPlugin
  readonly bundle: Bundle
  readonly mode: SlotMode
}

export interface SlotPlan {
  /** In order. */
  readonly parts: readonly PlacedBundle[]
  /** Present where parts are left out, because one replaces the content already. */
  readonly conflict: Problem | undefined
}

export function planSlot(
  name: string,
  { modes = DEFAULT_MODES }: Pick<SlotPoint, 'modes'>,
  contributors: readonly Pick<Contributor, 'plugin'>[],
): SlotPlan {
  const all = contributors
    .flatMap(({ plugin }) => placedBy(plugin, name))
    .filter(({ mode }) => modes.includes(mode))
  const [replacing, ...others] = all.filter(({ mode }) => mode === 'replace')
  if (replacing === undefined || others.length === 0) return { parts: all, conflict: undefined }
  const names = others.map(({ plugin }) => `"${plugin.id}"`).join(', ')
  return {
    parts: all.filter((part) => !others.includes(part)),
    conflict: {
      code: 'POINT_CONFLICT',
      message: `The content of the slot "${name}" is replaced by one plugin: "${replacing.plugin.id}" is used, and not ${names}`,
      hint: 'Disable one of them, or change their order',
    },
  }
}

function placedBy(plugin: ServingPlugin, name: string): readonly PlacedBundle[] {
  const bundles = new Map(bundlesOf(plugin).map((bundle) => [bundle.id, bundle]))
  return (plugin.manifest.contributes?.slots ?? []).flatMap(
    ({ slot, bundle: id, entry, mode = 'append' }) => {
      const bundle = slot === name ? bundles.get(id ?? entry ?? '') : undefined
      return bundle === undefined ? [] : [{ plugin, bundle, mode }]
    },
  )
}
