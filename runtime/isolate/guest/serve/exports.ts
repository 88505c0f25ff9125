// Finds the handlers in the exports of a backend: those of the table of guest calls, and those that a manifest declares by
// name.
// Invariant: each is looked up once, when the backend has loaded; later changes of the export have no effect.

import {
  DECLARED_HANDLERS,
  GUEST_CALLS,
  type GuestExports,
  MAX_EXPORT_NAME,
  MAX_EXPORTS,
} from '../../../../sdk/protocol/guest-calls.ts'
import { findUpgradeSteps } from './upgrade-steps.ts'

export interface Handler {
  /** The object that it was found in: its `this`. */
  readonly owner: unknown
  readonly method: (this: unknown, ...args: unknown[]) => unknown
}

export interface FoundHandlers {
  readonly exports: GuestExports
  /** By path. */
  readonly handlers: Readonly<Partial<Record<string, Handler>>>
}

/** Paths with the name of what they are for. */
const NAMED_HANDLERS = [
  ...new Set(
    [...Object.values(DECLARED_HANDLERS), ...Object.values(GUEST_CALLS)]
      .map(({ handler }): string => handler)
      .filter((path) => path.includes('*')),
  ),
]

/** @throws what a getter of the plugin throws */
export function findHandlers(namespace: object): FoundHandlers {
  const plugin: unknown = 'default' in namespace ? namespace.default : namespace
  const exports: string[] = []
  const handlers: Partial<Record<string, Handler>> = { __proto__: null } as object
  for (const { handler: path } of Object.values(GUEST_CALLS)) {
    // Some have the name of what they are for in their path, one is a list.
    if (path.includes('*') || path === 'lifecycle.upgrade') continue
    const found = handlerAt(plugin, path.split('.'))
    if (found === undefined) continue
    handlers[path] = found
    exports.push(path)
  }
  const upgrade = findUpgradeSteps(memberOf(memberOf(plugin, 'lifecycle'), 'upgrade'))
  if (upgrade !== undefined) {
    handlers['lifecycle.upgrade'] = upgrade.handler
    exports.push(...upgrade.exports)
  }
  for (const handler of NAMED_HANDLERS) {
    const [group = '', rest = ''] = handler.split('.*')
    const members = memberOf(plugin, group)
    if (typeof members !== 'object' || members === null) continue
    for (const name of Object.keys(members)) {
      const path = rest === '' ? [name] : [name, ...rest.slice(1).split('.')]
      const found = exports.length < MAX_EXPORTS ? handlerAt(members, path) : undefined
      const full = `${group}.${name}${rest}`
      if (found === undefined || full.length > MAX_EXPORT_NAME) continue
      handlers[full] = found
      exports.push(full)
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
