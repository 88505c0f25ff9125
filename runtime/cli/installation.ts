// Responses of the admin API about plugins, validated as far as the commands rely on them, and the paths of the requests.

import type { Installation } from '../../sdk/api/plugins.ts'
import { permissionLine } from '../../sdk/permissions/describe.ts'
import { PlugbayError } from '../errors.ts'
import type { ApiClient, RequestBody } from './api-client.ts'
import { asTyped } from './invocation.ts'
import { type Io, printable } from './io.ts'

/** The path of a plugin in the API, for example "plugins/guestbook/enable". The server validates the id. */
export function pluginPath(id: string, rest = ''): string {
  return `plugins/${encodeURIComponent(id)}${rest === '' ? '' : `/${rest}`}`
}

export async function listInstallations(client: ApiClient): Promise<readonly Installation[]> {
  return (await client.list('plugins')).map((each) => asInstallation(each))
}

/** Sends a request whose response is one installation. */
export async function requestInstallation(
  client: ApiClient,
  method: string,
  path: string,
  body?: RequestBody,
): Promise<Installation> {
  return asInstallation(await client.request(method, path, body))
}

/** Also accepts a response that holds more than the installation. */
export function asInstallation<T extends Installation = Installation>(value: unknown): T {
  const { id, state, enabled } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof id !== 'string' || typeof state !== 'string' || typeof enabled !== 'boolean') {
    throw new PlugbayError(
      'SERVER_UNREACHABLE',
      'The server answered in a form that this version of the command line does not know',
    )
  }
  return value as T
}

/** Whether an enabled plugin cannot serve, or a failed lifecycle handler left the plugin disabled. */
export function isBroken({ enabled, problem, state }: Installation): boolean {
  const wasRefused = !enabled && problem?.code === 'HANDLER_FAILED'
  return wasRefused || state === 'failed' || state === 'quarantined' || state === 'misconfigured'
}

/** The outcome for the plugin, with commands as they are typed here. */
export function stateInWords(installation: Installation, io: Pick<Io, 'env'>): string {
  return asTyped(describeState(installation), io)
}

/** The outcome for the plugin, in a few words. */
export function describeState(installation: Installation): string {
  const { state, candidate, access, accessAsked } = installation
  const open = installation.replaces.filter((replaced) => replaced.state === 'open').map(({ id }) => id)
  const [old] = open
  if (state === 'waiting-approval' && old !== undefined) {
    const names = open.map((id) => `"${id}"`).join(', ')
    return `waits: it asks to take the place of ${names}; allow that with "plugbay replace ${installation.id} ${old}", or start it beside with "plugbay enable ${installation.id} --grant"`
  }
  if (candidate !== null && candidate.problem !== null && permissionLine(candidate.added) === '') {
    const { message } = candidate.problem
    return `${printable(message)}; give it that with "plugbay settings set ${installation.id}"; version ${installation.version} serves until then`
  }
  if (state === 'waiting-approval' || candidate !== null) {
    const asked = printable(permissionLine(candidate?.added ?? installation.permissions))
    return `waits for approval of its permissions${asked === '' ? '' : ` (${asked})`}; approve with "plugbay enable ${installation.id} --grant"`
  }
  if (state === 'idle' || state === 'running' || state === 'starting') {
    return accessAsked === 'public' && access !== 'public'
      ? 'enabled, without the public access that it asks for'
      : 'enabled'
  }
  return state
}
