// The command line: its commands, their common behaviour, and the exit status.

import { Command, CommanderError } from 'commander'
import { packageVersion } from '../config/package-version.ts'
import { addApply } from './commands/apply.ts'
import { addAudit } from './commands/audit.ts'
import { addBackup } from './commands/backup.ts'
import { addCheck } from './commands/check.ts'
import { addCreate } from './commands/create.ts'
import { addDev, separateInspect } from './commands/dev.ts'
import { addDevices } from './commands/devices.ts'
import { addDisable } from './commands/disable.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEnable } from './commands/enable.ts'
import { addEvents } from './commands/events.ts'
import { addExport } from './commands/export.ts'
import { addImages } from './commands/images.ts'
import { addImport } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addInstall } from './commands/install.ts'
import { addLink } from './commands/link.ts'
import { addList } from './commands/list.ts'
import { addLogs } from './commands/logs.ts'
import { addMenus } from './commands/menus.ts'
import { addPack } from './commands/pack.ts'
import { addPatches } from './commands/patches.ts'
import { addPoints } from './commands/points.ts'
import { addRender } from './commands/render.ts'
import { addReplace } from './commands/replace.ts'
import { addRestore } from './commands/restore.ts'
import { addRollback } from './commands/rollback.ts'
import { addSecrets } from './commands/secrets.ts'
import { addServe } from './commands/serve.ts'
import { addSettings } from './commands/settings.ts'
import { addTasks } from './commands/tasks.ts'
import { addTokens } from './commands/tokens.ts'
import { addTypes } from './commands/types.ts'
import { addUninstall } from './commands/uninstall.ts'
import { addUpgradeProject } from './commands/upgrade-project.ts'
import { addUsers } from './commands/users.ts'
import { addConfig, addValues } from './commands/values.ts'
import { addVolumes } from './commands/volumes.ts'
import { EXIT } from './exit-codes.ts'
import { asTyped } from './invocation.ts'
import type { Io } from './io.ts'
import { failureOf, printOutcome } from './output.ts'
import type { CliParts } from './parts.ts'
import { type TakenFlags, takePluginFlags } from './plugin-flags.ts'
import { Session, usageError } from './session.ts'

/** In the order of the help. */
const COMMANDS = [
  addServe,
  addDev,
  addCreate,
  addUpgradeProject,
  addTypes,
  addCheck,
  addPack,
  addInstall,
  addList,
  addEnable,
  addDisable,
  addApply,
  addUninstall,
  addRollback,
  addReplace,
  addPoints,
  addPatches,
  addMenus,
  addEvents,
  addSettings,
  addInit,
  addValues,
  addConfig,
  addRender,
  addSecrets,
  addExport,
  addImport,
  addBackup,
  addRestore,
  addLogs,
  addTasks,
  addImages,
  addDevices,
  addVolumes,
  addLink,
  addUsers,
  addTokens,
  addAudit,
  addDoctor,
] as const

/** Runs one command line (without the program's name) and resolves with the exit status. Never rejects. */
export async function runCommandLine(args: readonly string[], io: Io, parts: CliParts): Promise<number> {
  const json = asksForJson(args)
  let taken: TakenFlags
  try {
    taken = args[0] === 'serve' ? takePluginFlags(args) : { rest: separateInspect(args), flags: {} }
  } catch (error) {
    printOutcome(io, { results: [failureOf('', error)] }, json)
    return EXIT.usage
  }
  const session = new Session(io, parts, { settingFlags: taken.flags })
  const program = new Command('plugbay')
    .description(
      'A plugin runtime for self-hosted servers: plugins come as zips, run sandboxed, and go live with no restart.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what a command does, with examples')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(asTyped(text, io)),
      writeErr: (text) => {
        if (!json) io.err(asTyped(text, io))
      },
    })
    .showHelpAfterError('Add --help to see what the command takes.')
    .addHelpText('after', FIRST_STEPS)
  for (const add of COMMANDS) add(program, session)
  try {
    await program.parseAsync(taken.rest, { from: 'user' })
    return session.exitCode
  } catch (error) {
    return exitOfParsing(error, io, json)
  }
}

function exitOfParsing(error: unknown, io: Io, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok
    const message =
      error.code === 'commander.help' ? 'No command was given' : error.message.replace(/^error: /, '')
    if (json) printOutcome(io, { results: [failureOf('', usageError(message))] }, true)
    return EXIT.usage
  }
  printOutcome(io, { results: [failureOf('', error)] }, json)
  return EXIT.failed
}

/** A wrong command line with --json is reported as JSON too. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).includes('--json')
}

const FIRST_STEPS = `
First steps:
  $ plugbay serve                     start a server; it prints a link to its admin page
  $ plugbay create my-plugin          make a plugin from a template
  $ plugbay dev my-plugin             run it; every saved file is live at once
  $ plugbay install my-plugin         put it on the running server

Commands that speak to a server find the one of this machine by themselves; --url and --token
(PLUGBAY_URL, PLUGBAY_TOKEN) name another. Every command takes --json.

Exit status: 0 ok · 1 refused or failed · 2 some of several failed · 64 wrong command line ·
69 server unreachable · 77 not allowed`
