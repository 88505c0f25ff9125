// plugbay check: the checks of an upload, without a server.

import type { Command } from 'commander'
import { DECLARATION_FILE } from '../../../sdk/host/declaration-file.ts'
import { permissionLine } from '../../../sdk/permissions/describe.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../config/config.ts'
import { refreshTypes } from '../../dev/env-types.ts'
import type { AcceptedPackage } from '../../package/types.ts'
import { askedAccess } from '../../permissions/access.ts'
import { printable } from '../io.ts'
import { formatProblem, type Result } from '../output.ts'
import { ownTypes } from '../own-types.ts'
import { idOf, resultOfReport } from '../package-report.ts'
import type { Trial } from '../parts.ts'
import { resolveSource } from '../paths.ts'
import { addJsonOption, type Session } from '../session.ts'

export function addCheck(program: Command, session: Session): void {
  const command = program
    .command('check')
    .description(
      'Check a plugin as an upload would be checked: archive, manifest, files, code and imports, all problems at once; then try its migrations and load its backend.',
    )
    .argument('<path>', 'the folder or the zip of a plugin')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: { readonly json?: boolean }) => check(session, path, options.json))
}

async function check(session: Session, path: string, json: boolean | undefined): Promise<void> {
  const { io, parts } = session
  await session.run({ json, id: path }, async () => {
    const source = await resolveSource(io.cwd, path)
    const tool = await parts.openPackageTool()
    try {
      const report = await tool.check(source, { limits: DEFAULT_PACKAGE_LIMITS })
      const checked: Result = resultOfReport(report, idOf(report) ?? path)
      const trial = report.ok ? await parts.tryPackage(source) : undefined
      const result = trial === undefined ? checked : withTrial(checked, trial)
      const wroteTypes = source.kind === 'folder' && (await refreshTypes(source.path, ownTypes()))
      const lines = report.warnings.map((warning) => `warning: ${formatProblem(io, warning)}`)
      if (report.notYetActive.length > 0) {
        lines.push(
          `note: this version of Plugbay does not act on ${report.notYetActive.map((name) => `"${name}"`).join(', ')} yet`,
        )
      }
      if (trial?.untried != null)
        lines.push(printable(`note: its migrations and its backend were not tried: ${trial.untried}`))
      if (wroteTypes) lines.push(`note: ${DECLARATION_FILE} now says what the manifest says`)
      if (report.ok && result.ok) {
        const asked = printable(requestLine(report))
        lines.push(
          `✓ ${printable(result.id)} is a valid plugin; it asks for ${asked === '' ? 'nothing' : asked}`,
        )
      }
      return { results: [result], text: lines.join('\n') }
    } finally {
      await tool.close()
    }
  })
}

function withTrial(checked: Result, { problems, untried }: Trial): Result {
  const [first] = problems
  if (first === undefined) return { ...checked, untried }
  return { ...checked, ok: false, problem: first, problems, untried }
}

function requestLine({ manifest, asked }: AcceptedPackage): string {
  const access = askedAccess(manifest) === 'public' ? 'public access' : ''
  return [access, permissionLine(asked)].filter((part) => part !== '').join(', ')
}

const EXAMPLES = `
Examples:
  $ plugbay check my-plugin
  $ plugbay check my-plugin-1.0.0.zip --json`
