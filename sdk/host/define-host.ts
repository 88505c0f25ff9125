// defineHost(): the declaration of a host, with its names and schemas kept as types.

import type { HostDeclaration } from './declaration.ts'

/**
 * Declares an application that embeds the runtime, for `createRuntime({ host })`, which checks it.
 * @example
 * const host = defineHost({
 *   id: 'library', version: '2.3.0',
 *   hooks: { 'content.title': { value: { type: 'string', maxLength: 200 } } },
 *   events: { 'sync.finished': { data: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] } } },
 * })
 */
export function defineHost<const Host extends HostDeclaration>(host: Host): Host {
  return host
}
