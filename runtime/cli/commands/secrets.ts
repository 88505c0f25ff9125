// plugbay secrets: the key that seals secrets in the store. A running server changes it itself; without one, this process does.
// Invariant: the store of a data folder is only opened here while no server uses it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Rotation } from '../../../sdk/api/secrets.ts'
import { loadConfig } from '../../config/config-sources.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import type { Outcome } from '../output.ts'
import { type Session, usageError } from '../session.ts'

interface SecretsOptions extends ClientOptions {
  readonly data?: string
  readonly config?: string
  readonly acceptLoss?: true
}

export function addSecrets(program: Command, session: Session): void {
  const command = program
    .command('secrets')
    .description('Change the key that seals secrets in the store. Nothing that plugins do is interrupted.')
    .argument('<verb>', 'rotate: make a new key, seal every secret with it, and drop the old key')
    .option(
      '-d, --data <folder>',
      'data folder to use while no server runs (default: that of the configuration)',
    )
    .option('--config <file>', 'config file (default: plugbay.config.json where there is one)')
    .option('--accept-loss', 'make a new key although some secrets cannot be read; they must be set again')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, options: SecretsOptions) =>
      session.run({ json: options.json, id: 'secrets' }, () => run(session, verb, options)),
    )
}

async function run(session: Session, verb: string, options: SecretsOptions): Promise<Outcome> {
  if (verb !== 'rotate') throw usageError(`"${verb}" is not "rotate"`)
  const acceptLoss = options.acceptLoss === true
  const rotation = (await rotateHere(session, options)) ?? (await rotateThere(session, options, acceptLoss))
  const { rotated, unreadable } = rotation
  const lines = [
    `✓ A new key seals ${rotated === 1 ? '1 secret' : `${rotated} secrets`}; the old key is dropped`,
    ...unreadable.map(({ pluginId, key }) => `! "${key}" of "${pluginId}" cannot be read: set it again`),
  ]
  return { results: [{ id: 'secrets', ok: true, ...rotation }], text: lines.join('\n') }
}

/** In the data folder of this machine. Undefined when there is none, a server uses it, or another server is named. */
async function rotateHere({ io, parts }: Session, options: SecretsOptions): Promise<Rotation | undefined> {
  if (options.url !== undefined || io.env.PLUGBAY_URL) return undefined
  const { data, config: file } = options
  const config = loadConfig({ flags: { data }, env: io.env, cwd: io.cwd, file })
  if (!existsSync(join(config.data, 'store.db'))) return undefined
  return await parts.rotateSecrets(config, {
    acceptLoss: options.acceptLoss === true,
    warn: (message, error) => io.err(`${message}: ${String(error)}\n`),
  })
}

async function rotateThere({ io }: Session, options: SecretsOptions, acceptLoss: boolean): Promise<Rotation> {
  const json = { acceptLoss }
  return (await openClient(io, options).request('POST', 'secrets/rotate', { json })) as Rotation
}

const EXAMPLES = `
Examples:
  $ plugbay secrets rotate                            with or without a running server
  $ plugbay secrets rotate --data /var/lib/plugbay
  $ plugbay secrets rotate --accept-loss              after the key file was lost`
