// plugbay pack: packs a checked folder as a zip; the same files give the same bytes, on every machine.

import { writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { programName } from '../invocation.ts'
import { formatProblem } from '../output.ts'
import { contentsText, inKb, packFolder } from '../package-report.ts'
import { resolveFolder } from '../paths.ts'
import { addJsonOption, type Session } from '../session.ts'

interface PackOptions {
  readonly output?: string
  readonly json?: boolean
}

export function addPack(program: Command, session: Session): void {
  const command = program
    .command('pack')
    .description('Check a plugin folder and make its zip. The same files give the same bytes.')
    .argument('<dir>', 'the folder that holds manifest.json')
    .option('-o, --output <file>', 'the zip to write (default: <id>-<version>.zip in the working folder)')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: PackOptions) => pack(session, folder, options))
}

async function pack(session: Session, folder: string, options: PackOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: folder }, async () => {
    const packed = await packFolder(session, await resolveFolder(io.cwd, folder))
    if (!packed.ok) return { results: [packed.result] }
    const file = resolve(io.cwd, options.output ?? `${packed.id}-${packed.version}.zip`)
    await writeFile(file, packed.bytes)
    const shown = relative(io.cwd, file)
    const { id, version, bytes, contents } = packed
    const text = [
      `Packed ${id} ${version} into ${shown} (${inKb(bytes.byteLength)})`,
      ...(contents === undefined ? [] : [contentsText(contents)]),
      ...packed.warnings.map((warning) => `warning: ${formatProblem(io, warning)}`),
      `Install it with: ${programName(io)} install ${shown}`,
    ].join('\n')
    return { results: [{ ...packed.result, file, bytes: bytes.byteLength }], text }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay pack my-plugin
  $ plugbay pack my-plugin --output release.zip`
