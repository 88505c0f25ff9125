// plugbay install: uploads zips to a running server; a folder is packed first.

import { openAsBlob } from 'node:fs'
import { type Command, Option } from 'commander'
import type { InspectAnswer, UploadAnswer, UploadQuery } from '../../../sdk/api/packages.ts'
import { permissionLine } from '../../../sdk/permissions/describe.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { asInstallation, isBroken, stateInWords } from '../installation.ts'
import { printable } from '../io.ts'
import { formatProblem, type Result } from '../output.ts'
import { packFolder } from '../package-report.ts'
import { resolveSource } from '../paths.ts'
import { forEachId, type Session } from '../session.ts'

interface InstallOptions extends ClientOptions {
  readonly enable: boolean
  readonly grant?: NonNullable<UploadQuery['grant']>
  readonly downgrade?: true
}

export function addInstall(program: Command, session: Session): void {
  const command = program
    .command('install')
    .description(
      'Upload plugins to a running server. New ones are enabled; a new version replaces the old one live.',
    )
    .argument('<path...>', 'zips or folders of plugins; a folder is packed first')
    .option('--no-enable', 'install without enabling')
    .addOption(
      new Option(
        '--grant <what>',
        'permissions of a new plugin: all that it asks for, or none until approved (default: asked at a terminal, else all)',
      ).choices(['all', 'none']),
    )
    .option('--downgrade', 'allow a lower version than the installed one')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: InstallOptions) => install(session, paths, options))
}

async function install(session: Session, paths: readonly string[], options: InstallOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const client = openClient(session.io, options)
    const results = await forEachId(paths, (path) => installOne(session, client, path, options))
    const lines = results.flatMap((result) => (result.ok ? [String(result.summary)] : []))
    return { results: results.map(({ summary, ...result }) => result as Result), text: lines.join('\n') }
  })
}

async function installOne(
  session: Session,
  client: ApiClient,
  path: string,
  options: InstallOptions,
): Promise<Result> {
  const source = await resolveSource(session.io.cwd, path)
  let zip: Blob
  if (source.kind === 'folder') {
    const packed = await packFolder(session, source.path)
    if (!packed.ok) return packed.result
    zip = new Blob([packed.bytes])
  } else {
    zip = await openAsBlob(source.path)
  }
  const grant = options.grant ?? (await askGrant(session, client, { zip, json: options.json }))
  const query = new URLSearchParams()
  if (!options.enable) query.set('enable', 'false')
  if (grant !== undefined) query.set('grant', grant)
  if (options.downgrade) query.set('downgrade', 'true')
  const address = `plugins${query.size > 0 ? `?${query}` : ''}`
  const answer = asInstallation<UploadAnswer>(await client.request('POST', address, { zip }))
  const { id, version, state, enabled, grants, urls, problem, outcome, notYetActive } = answer
  // If nothing was to be enabled, the problem is one of a lifecycle handler of the old release: a warning.
  const ok = !options.enable || !isBroken(answer)
  const warnings = ok && problem !== null ? [...answer.warnings, problem] : answer.warnings
  return {
    ...{ id, ok, path, outcome, version, state, enabled, grants, urls, warnings, notYetActive },
    ...(!ok && problem !== null && { problem }),
    summary: [
      `✓ ${id} ${version ?? ''}: ${WORDS[outcome]}; ${stateInWords(answer, session.io)}`,
      ...grantLines(answer),
      ...warnings.map((warning) => `  warning: ${formatProblem(session.io, warning)}`),
    ].join('\n'),
  }
}

interface Asking {
  readonly zip: Blob
  readonly json: boolean | undefined
}

/** At a terminal, before anything is granted: what a new plugin, or a new release, asks for in addition. */
async function askGrant(
  { io }: Session,
  client: ApiClient,
  { zip, json }: Asking,
): Promise<InstallOptions['grant']> {
  if (io.ask === undefined || json === true) return undefined
  const { ok, manifest, permissions } = (await client.request('POST', 'packages/inspect', {
    zip,
  })) as InspectAnswer
  const added = permissionLine(permissions.added)
  if (!ok || added === '') return undefined
  const name = Reflect.get(Object(manifest), 'id')
  const answer = await io.ask(`${printable(String(name))} asks for ${printable(added)}. Grant it? [y/N] `)
  return /^y(?:es)?$/i.test(answer.trim()) ? 'all' : 'none'
}

/** What a new plugin may do now, in words. */
function grantLines({ outcome, grants, access, state }: UploadAnswer): readonly string[] {
  if (outcome !== 'created') return []
  const granted = [access === 'public' ? 'public access' : '', permissionLine(grants)]
    .filter(Boolean)
    .join(', ')
  const waits = state === 'waiting-approval' ? ['  it asks for more: approve it on the admin page'] : []
  return granted === ''
    ? ['  it was granted nothing', ...waits]
    : [`  it was granted ${printable(granted)}; narrow it on the admin page`, ...waits]
}

const WORDS: Readonly<Record<UploadAnswer['outcome'], string>> = {
  created: 'installed',
  updated: 'updated',
  unchanged: 'was installed already with the same content',
}

const EXAMPLES = `
Examples:
  $ plugbay install my-plugin                 pack the folder, upload it
  $ plugbay install a-1.0.0.zip b-2.1.0.zip   all are tried; exit status 2 when any of several fails
  $ plugbay install my-plugin --grant none    approve its permissions on the admin page`
