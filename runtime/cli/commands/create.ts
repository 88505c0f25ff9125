// plugbay create: a new plugin from a template.

import { basename, relative, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DECLARATION_FILE } from '../../../sdk/host/declaration-file.ts'
import { writeTypes } from '../../dev/env-types.ts'
import { programName } from '../invocation.ts'
import { ownPackage } from '../own-package.ts'
import { ownTypes } from '../own-types.ts'
import { createFromTemplate, TEMPLATES, type TemplateName } from '../scaffold.ts'
import { addJsonOption, type Session } from '../session.ts'

interface CreateOptions {
  readonly template?: TemplateName
  readonly id?: string
  readonly light?: boolean
  readonly json?: boolean
}

export function addCreate(program: Command, session: Session): void {
  const command = program
    .command('create')
    .description('Make a new plugin in a folder that is empty or does not exist yet.')
    .argument('<dir>', 'the folder; its name becomes the id of the plugin')
    .addOption(
      new Option(
        '-t, --template <name>',
        'ts: TypeScript; react: TypeScript with a page by Vite and React; js: nothing to build (default: asked on a terminal, else ts)',
      ).choices(TEMPLATES),
    )
    .option('--id <id>', 'an id other than the name of the folder')
    .option(
      '--light',
      'install types and client only: less than 1 MB in place of the runtime; to edit, build and check types, without tests',
    )
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: CreateOptions) => create(session, folder, options))
}

async function create(session: Session, folder: string, options: CreateOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: folder }, async () => {
    const path = resolve(io.cwd, folder)
    const id = options.id ?? basename(path)
    const template = options.template ?? (await askTemplate(session, options))
    const isLight = options.light === true
    const { spec, isMissing } = ownPackage(path, { isLight })
    const made = await createFromTemplate(template, { folder: path, id, spec, isLight })
    await writeTypes(path, ownTypes())
    const files = [...made, DECLARATION_FILE].sort()
    const shown = relative(io.cwd, path) || '.'
    const program = programName(io)
    const steps = ['npm install', ...(isLight ? ['npm run check'] : ['npm run dev', 'npm test'])]
    const next = [
      ...(template === 'js' && !isLight ? [`${program} dev ${shown}   # at once, or in its folder:`] : []),
      ...(isMissing
        ? ['npm run build   # in the checkout of Plugbay, once: the package that the plugin installs']
        : []),
      ...(shown === '.' ? steps : [`cd ${shown}`, ...steps]),
    ]
    const elsewhere = isLight
      ? [
          '',
          'The project has no runtime. To run it and to make its zip, in the folder where you are:',
          `  $ ${program} dev ${shown}`,
          `  $ ${program} pack ${shown}`,
        ]
      : []
    const text = [
      `Made the plugin "${id}" in ${shown}: ${files.length} files`,
      '',
      'Next:',
      ...next.map((line) => `  $ ${line}`),
      ...elsewhere,
    ].join('\n')
    return { results: [{ id, ok: true, path, template, files }], text }
  })
}

/** Asks a person at a terminal; scripts get what has been the default always. */
async function askTemplate({ io }: Session, { json }: CreateOptions): Promise<TemplateName> {
  if (json === true || io.ask === undefined) return 'ts'
  for (;;) {
    const answer = (await io.ask(`Template (${TEMPLATES.join(', ')}) [ts]: `)).trim()
    const found = TEMPLATES.find((name) => name === answer)
    if (found !== undefined || answer === '') return found ?? 'ts'
  }
}

const EXAMPLES = `
Examples:
  $ plugbay create my-plugin
  $ plugbay create my-plugin --template react
  $ plugbay create my-plugin --template js
  $ plugbay create my-plugin --light
  $ plugbay create . --id my-plugin`
