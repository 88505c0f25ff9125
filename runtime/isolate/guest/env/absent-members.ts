// What to do when a plugin uses a member of `env` that it has not been granted: the engine says only what could not be read of undefined.
// Invariant: members stay absent, so that `env.usb === undefined` and `'usb' in env` tell what was granted.

import type { PermissionName } from '../../../../sdk/permissions/permissions.ts'
import type { Env } from '../../../../sdk/plugin-api/env.ts'

type Always = 'has' | 'settings' | 'secrets' | 'log' | 'language' | 't'

interface Member<Methods> {
  readonly permission: PermissionName
  /** As in the manifest. */
  readonly value: string
  /** What authors read of the member first. */
  readonly methods: readonly Methods[]
}

type Table = { readonly [Name in Exclude<keyof Env, Always>]: Member<keyof Env[Name]> }

const MEMBERS: Readonly<Record<string, Member<string>>> = Object.assign(Object.create(null), {
  kv: {
    permission: 'kv',
    value: 'true',
    methods: ['get', 'getWithMetadata', 'put', 'increment', 'delete', 'list'],
  },
  db: { permission: 'database', value: 'true', methods: ['prepare', 'batch', 'exec', 'engine'] },
  files: {
    permission: 'files',
    value: 'true',
    methods: [
      'head',
      'get',
      'put',
      'delete',
      'list',
      'createMultipartUpload',
      'resumeMultipartUpload',
      'respond',
    ],
  },
  hooks: { permission: 'applyHooks', value: '["…"]', methods: ['apply'] },
  host: { permission: 'host', value: '["…"]', methods: ['call'] },
  events: { permission: 'events', value: '["…"]', methods: ['emit'] },
  tasks: { permission: 'tasks', value: 'true', methods: ['schedule', 'list', 'cancel'] },
  usb: { permission: 'usb', value: '[{ … }]', methods: ['getDevices', 'requestDevice', 'addEventListener'] },
  volumes: { permission: 'volumes', value: '"readwrite"', methods: ['list', 'open', 'eject'] },
} satisfies Table)

const { hasOwn, keys } = Object
// Plugin code may replace the globals.
const [GuestProxy, readOwn] = [Proxy, Reflect.get]
const READING = /^Cannot read properties of undefined \(reading '([A-Za-z]{1,30})'\)$/

/** Names of members that `env` lacks. */
export function absentMembers(env: object): readonly string[] {
  return keys(MEMBERS).filter((name) => !hasOwn(env, name))
}

/** @param message of a TypeError */
export function absenceHint(message: string, absent: readonly string[]): string | undefined {
  const method = READING.exec(message)?.[1]
  if (method === undefined) return undefined
  const found = absent.filter((name) => MEMBERS[name]?.methods.includes(method) === true)
  const [first] = found
  if (first === undefined) return undefined
  const names = found.map((name) => `env.${name}`).join(' or ')
  const permissions = found.map(asked).join(' or ')
  return `If it is ${names}, that is not granted: add ${permissions} to "permissions" in manifest.json, and let an administrator grant it`
}

function asked(name: string): string {
  const member = MEMBERS[name]
  return member === undefined ? '' : `"${member.permission}": ${member.value}`
}

/** `env` that reports each use of a member which it lacks. The member stays absent. */
export function reportingEnv<Given extends object>(
  env: Given,
  onUse: (permission: PermissionName) => void,
): Given {
  return new GuestProxy(env, {
    get(target, name) {
      const member = typeof name === 'string' && !hasOwn(target, name) ? MEMBERS[name] : undefined
      if (member !== undefined) onUse(member.permission)
      return readOwn(target, name, target)
    },
  })
}
