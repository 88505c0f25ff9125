// Builds `env`: one member per granted capability. Members without a grant are absent.

import type { PermissionName } from '../../../../sdk/permissions/permissions.ts'
import type { Env } from '../../../../sdk/plugin-api/env.ts'
import type { Log, LogLevel } from '../../../../sdk/plugin-api/log.ts'
import type { BootConfig } from '../../../../sdk/protocol/guest-boot.ts'
import { HOST_EVENTS, type HostEvent, type HostEventReceiver } from '../../../../sdk/protocol/guest-calls.ts'
import type { TaskChange } from '../../../../sdk/protocol/task-wire.ts'
import { realm } from '../web/base/realm.ts'
import { absentMembers, reportingEnv } from './absent-members.ts'
import { createDb } from './db.ts'
import { createEvents } from './events.ts'
import { createFiles } from './files.ts'
import { createHooks } from './hooks.ts'
import { createHost } from './host.ts'
import type { HostCall } from './host-calls.ts'
import { createKv } from './kv.ts'
import { createSecretKeys, createSecrets } from './secrets.ts'
import type { StreamingCall } from './streaming-call.ts'
import { createTasks } from './tasks.ts'
import type { Translations } from './translations.ts'
import { createUsb } from './usb.ts'
import { createVolumes } from './volumes.ts'

export interface GuestEnv {
  readonly env: Env
  /** Passes an event of the host to the member that receives it. */
  dispatch(event: HostEvent): void
}

export interface EnvParts {
  readonly call: HostCall
  readonly streamingCall: StreamingCall
  readonly log: (level: LogLevel, values: unknown[]) => void
  readonly translations: Translations
  readonly taskRuns: { change(change: TaskChange): void }
  /** In development: a member is used that is not granted. */
  readonly onLacking: (permission: PermissionName) => void
}

export function createEnv(
  config: BootConfig,
  { call, streamingCall, log, translations, taskRuns, onLacking }: EnvParts,
): GuestEnv {
  const { grants } = config
  const usb = grants.usb === undefined ? undefined : createUsb(call)
  let settings = deepFreeze(config.settings)
  const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
  const logApi = Object.fromEntries(
    levels.map((level) => [level, (...values: unknown[]) => log(level, values)]),
  )
  const placeholders = config.secrets ?? {}
  const secrets = createSecrets(placeholders)
  const secretKeys = createSecretKeys(placeholders, secrets, call)
  if (secretKeys !== undefined) realm.secretKeys = secretKeys
  const env = {
    has: (permission: string) => Object.hasOwn(grants, permission),
    get settings() {
      return settings
    },
    secrets,
    log: Object.freeze(logApi) as Log,
    language: translations.language,
    t: translations.translate,
    ...(grants.kv === true && { kv: createKv(call) }),
    ...(grants.database === true && { db: createDb(call, config.sqliteVersion ?? '') }),
    ...(grants.files === true && { files: createFiles(call, streamingCall) }),
    ...(grants.applyHooks !== undefined && { hooks: createHooks(call) }),
    ...(grants.host !== undefined && { host: createHost(streamingCall) }),
    ...(grants.events !== undefined && { events: createEvents(call) }),
    ...(grants.tasks === true && { tasks: createTasks(call) }),
    ...(usb !== undefined && { usb: usb.usb }),
    ...(grants.volumes !== undefined && { volumes: createVolumes(call) }),
  }
  realm.absentMembers = absentMembers(env)
  realm.isRecorded = config.recorded === true
  const receivers: Readonly<Record<HostEventReceiver, ((event: HostEvent) => void) | undefined>> = {
    usb: usb?.dispatch,
    tasks: ({ data }) => taskRuns.change(data as TaskChange),
    settings: ({ data }) => {
      settings = deepFreeze(data as BootConfig['settings'])
    },
  }
  return {
    env: (config.recorded === true ? reportingEnv(Object.freeze(env), onLacking) : Object.freeze(env)) as Env,
    dispatch: (event) => receivers[HOST_EVENTS[event.e].receiver]?.(event),
  }
}

// Also called after plugin code has run, which may have replaced them.
const { freeze, isFrozen, values } = Object

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !isFrozen(value)) {
    for (const member of values(value)) deepFreeze(member)
    freeze(value)
  }
  return value
}
