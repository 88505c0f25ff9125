// plugbay doctor: checks what the server needs on this machine, and explains what to do about problems.

import type { Command } from 'commander'
import { loadConfig } from '../../config/config-sources.ts'
import { doctorChecks, type Finding } from '../doctor-checks.ts'
import { EXIT } from '../exit-codes.ts'
import { asTyped } from '../invocation.ts'
import { coloured, type Io } from '../io.ts'
import type { Result } from '../output.ts'
import { addJsonOption, type Session } from '../session.ts'

interface DoctorOptions {
  readonly data?: string
  readonly port?: string
  readonly config?: string
  readonly json?: boolean
}

export function addDoctor(program: Command, session: Session): void {
  const command = program
    .command('doctor')
    .description('Check whether this machine has what the server needs. Changes nothing.')
    .option('-d, --data <folder>', 'data folder to look at (default: that of the configuration)')
    .option('-p, --port <number>', 'port to look at (default: that of the configuration)')
    .option('--config <file>', 'config file (default: plugbay.config.json where there is one)')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((options: DoctorOptions) => doctor(session, options))
}

async function doctor(session: Session, options: DoctorOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json }, async () => {
    const { data, port } = options
    const config = loadConfig({ flags: { data, port }, env: io.env, cwd: io.cwd, file: options.config })
    const findings: Finding[] = []
    for (const check of doctorChecks(config)) findings.push(await check())
    const failed = findings.some((finding) => finding.level === 'fail')
    if (options.json) return { results: findings.map(resultOf), exitCode: failed ? EXIT.failed : EXIT.ok }
    const text = findings.map((finding) => findingText(io, finding)).join('\n')
    return { results: [], text, exitCode: failed ? EXIT.failed : EXIT.ok }
  })
}

function resultOf(finding: Finding): Result {
  const { id, level, message, hint } = finding
  const ok = level !== 'fail'
  return {
    id,
    ok,
    level,
    message,
    ...(hint !== undefined && { hint }),
    ...(!ok && {
      problem: { code: finding.code ?? 'INTERNAL', message, ...(hint !== undefined && { hint }) },
    }),
  }
}

function findingText(io: Io, finding: Finding): string {
  const colour = finding.level === 'ok' ? 'green' : finding.level === 'warn' ? 'yellow' : 'red'
  const line = `${coloured(io, colour, finding.level.padEnd(4))}  ${finding.id.padEnd(8)}  ${asTyped(finding.message, io)}`
  return finding.hint === undefined ? line : `${line}\n                → ${asTyped(finding.hint, io)}`
}

const EXAMPLES = `
Examples:
  $ plugbay doctor
  $ plugbay doctor --data /var/lib/plugbay --port 8080

ok: in order · warn: works without it, less well or less safely · fail: the server will not start`
