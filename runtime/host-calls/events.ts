// The host call behind env.events: a plugin sends an event of its own.

import { FORMS } from '../../sdk/manifest/names.ts'
import { PlugbayError } from '../errors.ts'
import type { Handlers } from './host-calls.ts'

/** What events/events.ts does, which is above. Rejects with QUOTA_EXCEEDED. */
export type EmitEvent = (
  plugin: string,
  name: string,
  event: { readonly data: unknown; readonly key?: string; readonly durable?: boolean },
) => Promise<void>

const MAX_NAME = 100
const MAX_KEY = 200
const NAME = new RegExp(FORMS.dottedName.pattern)

export function eventHandlers(emit: EmitEvent): Pick<Handlers, 'events.emit'> {
  return {
    async 'events.emit'({ pluginId, mandate }, [name, data, options]) {
      if (typeof name !== 'string' || name.length > MAX_NAME || !NAME.test(name))
        throw new PlugbayError('HOST_CALL_INVALID', 'The name of the event is not one')
      if (!name.startsWith(`${pluginId}.`))
        throw new PlugbayError(
          'HOST_CALL_INVALID',
          `A plugin sends events whose names begin with "${pluginId}."`,
        )
      mandate.authorize({ permission: 'events', value: [name] })
      await emit(pluginId, name, { data: data ?? null, ...keyOf(options), durable: isDurable(options) })
      return { head: null }
    },
  }
}

function keyOf(options: unknown): { readonly key?: string } {
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'key')) return {}
  const { key } = options as { readonly key: unknown }
  if (typeof key !== 'string' || key.length > MAX_KEY)
    throw new PlugbayError(
      'HOST_CALL_INVALID',
      `The option "key" must be text of at most ${MAX_KEY} characters`,
    )
  return { key }
}

function isDurable(options: unknown): boolean {
  return typeof options === 'object' && options !== null && Reflect.get(options, 'durable') === true
}
