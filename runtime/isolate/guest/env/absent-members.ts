// What to do when a plugin uses a member of `env` that it has not been granted: the engine says only what could not be read of undefined.
// Invariant: members stay absent, so that `env.usb === undefined` and `'usb' in env` tell what was granted.

import type { Env } from '../../../../sdk/plugin-api/env.ts'

type Always = 'has' | 'settings' | 'secrets' | 'log' | 'language' | 't'

interface Member<Methods> {
  /** As in the manifest. */
  readonly permission: string
  /** What authors read of the member first. */
  readonly methods: readonly Methods[]
}

type Table = { readonly [Name in Exclude<keyof Env, Always>]: Member<keyof Env[Name]> }

const MEMBERS: Readonly<Record<string, Member<string>>> = Object.assign(Object.create(null), {
  kv: {
    permission: '"kv": true',
    methods: ['get', 'getWithMetadata', 'put', 'increment', 'delete', 'list'],
  },
  db: { permission: '"database": true', methods: ['prepare', 'batch', 'exec', 'engine'] },
  files: {
    permission: '"files": true',
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
  hooks: { permission: '"applyHooks": ["…"]', methods: ['apply'] },
  host: { permission: '"host": ["…"]', methods: ['call'] },
  events: { permission: '"events": ["…"]', methods: ['emit'] },
  tasks: { permission: '"tasks": true', methods: ['schedule', 'list', 'cancel'] },
  usb: { permission: '"usb": [{ … }]', methods: ['getDevices', 'requestDevice', 'addEventListener'] },
  volumes: { permission: '"volumes": "readwrite"', methods: ['list', 'open', 'eject'] },
} satisfies Table)

const { hasOwn, keys } = Object
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
  const permissions = found.map((name) => MEMBERS[name]?.permission ?? '').join(' or ')
  return `If it is ${names}, that is not granted: add ${permissions} to "permissions" in manifest.json, and let an administrator grant it`
}
