// Finds the handlers in the exports of a backend: those of the table of guest calls, and those that a manifest declares by
// name.
// Invariant: each is looked up once, when the backend has loaded; later changes of the export have no effect.

import {
  DECLARED_HANDLERS,
  GUEST_CALLS,
  type GuestCallName,
  type GuestExports,
  MAX_EXPORT_NAME,
  MAX_EXPORTS,
} from '../../../../sdk/protocol/guest-calls.ts'

export interface Handler {
  /** The object that it was found in: its `this`. */
  readonly owner: unknown
  readonly method: (this: unknown, ...args: unknown[]) => unknown
}

export interface FoundHandlers {
  readonly exports: GuestExports
  readonly handlers: Readonly<Partial<Record<GuestCallName, Handler>>>
}

/** @throws what a getter of the plugin throws */
export function findHandlers(namespace: object): FoundHandlers {
  const plugin: unknown = 'default' in namespace ? namespace.default : namespace
  const exports: string[] = []
  const handlers: Partial<Record<GuestCallName, Handler>> = { __proto__: null } as object
  for (const [name, { handler: path }] of Object.entries(GUEST_CALLS)) {
    const found = handlerAt(plugin, path.split('.'))
    if (found === undefined) continue
    handlers[name as GuestCallName] = found
    exports.push(path)
  }
  for (const { handler } of Object.values(DECLARED_HANDLERS)) {
    const [group = '', rest = ''] = handler.split('.*')
    const members = memberOf(plugin, group)
    if (typeof members !== 'object' || members === null) continue
    for (const name of Object.keys(members)) {
      const path = rest === '' ? [name] : [name, ...rest.slice(1).split('.')]
      if (exports.length >= MAX_EXPORTS || handlerAt(members, path) === undefined) continue
      const full = `${group}.${name}${rest}`
      if (full.length <= MAX_EXPORT_NAME) exports.push(full)
    }
  }
  return { exports, handlers }
}

function handlerAt(root: unknown, path: readonly string[]): Handler | undefined {
  let owner: unknown
  let value = root
  for (const name of path) {
    owner = value
    value = memberOf(owner, name)
  }
  return typeof value === 'function' ? { owner, method: value as Handler['method'] } : undefined
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}
