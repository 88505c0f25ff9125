// Events of the runtime about plugins: enabled, disabled, updated, removed; from what the lifecycle reports of their states.
// Invariant: a restart, a crash or a recovery is none of these.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { PluginState } from '../../sdk/protocol/plugin-state.ts'
import type { Events } from './events.ts'

type KnownPlugin = Pick<InstallationRecord, 'id' | 'enabled' | 'activeVersion'>

const SERVES: ReadonlySet<PluginState> = new Set(['idle', 'running'])

/** Returns the listener for events of the lifecycle. @param known what there is at the start, which is not news */
export function createPluginEvents(
  events: Pick<Events, 'emitOwn'>,
  known: readonly KnownPlugin[],
): (event: RuntimeEvent) => Promise<unknown> {
  /** The version in which each enabled plugin was seen last. */
  const enabled = new Map(
    known.flatMap(({ id, enabled: isEnabled, activeVersion }) =>
      isEnabled && activeVersion !== null ? [[id, activeVersion] as const] : [],
    ),
  )
  return async ({ type, data }) => {
    if (type === 'plugin.removed') {
      enabled.delete(data.id)
      return await events.emitOwn('plugin.removed', { id: data.id })
    }
    const { id, state, version } = data
    const before = enabled.get(id)
    if (state === 'disabled' && before !== undefined) {
      enabled.delete(id)
      return await events.emitOwn('plugin.disabled', { id })
    }
    if (!SERVES.has(state) || version === null || version === before) return undefined
    enabled.set(id, version)
    return before === undefined
      ? await events.emitOwn('plugin.enabled', { id, version })
      : await events.emitOwn('plugin.updated', { id, version, before })
  }
}
