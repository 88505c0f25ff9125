// Builds `env`: one member per granted capability. Members without a grant are absent.

import type { Env } from '../../../../sdk/plugin-api/env.ts'
import type { Log, LogLevel } from '../../../../sdk/plugin-api/log.ts'
import type { BootConfig } from '../../../../sdk/protocol/guest-boot.ts'
import { HOST_EVENTS, type HostEvent, type HostEventReceiver } from '../../../../sdk/protocol/guest-calls.ts'
import { createDb } from './db.ts'
import type { HostCall } from './host-calls.ts'
import { createKv } from './kv.ts'
import { createSecrets } from './secrets.ts'
import { createUsb } from './usb.ts'

export interface GuestEnv {
  readonly env: Env
  /** Passes an event of the host to the member that receives it. */
  dispatch(event: HostEvent): void
}

export function createEnv(
  config: BootConfig,
  call: HostCall,
  log: (level: LogLevel, values: unknown[]) => void,
): GuestEnv {
  const { grants } = config
  const usb = grants.usb === undefined ? undefined : createUsb(call)
  const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
  const logApi = Object.fromEntries(
    levels.map((level) => [level, (...values: unknown[]) => log(level, values)]),
  )
  const env = {
    has: (permission: string) => Object.hasOwn(grants, permission),
    settings: deepFreeze(config.settings),
    secrets: createSecrets(config.secrets ?? {}),
    log: Object.freeze(logApi) as Log,
    ...(grants.kv === true && { kv: createKv(call) }),
    ...(grants.database === true && { db: createDb(call, config.sqliteVersion ?? '') }),
    ...(usb !== undefined && { usb: usb.usb }),
  }
  const receivers: Readonly<Record<HostEventReceiver, ((event: HostEvent) => void) | undefined>> = {
    usb: usb?.dispatch,
  }
  return {
    env: Object.freeze(env) as Env,
    dispatch: (event) => receivers[HOST_EVENTS[event.e].receiver]?.(event),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
