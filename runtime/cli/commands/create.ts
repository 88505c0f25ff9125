// plugbay create: a new plugin from a template.

import { basename, relative, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DECLARATION_FILE } from '../../../sdk/host/declaration-file.ts'
import { writeTypes } from '../../dev/env-types.ts'
import { Points } from '../../host/points.ts'
import { SERVER_HOST } from '../../server-host.ts'
import { createFromTemplate, TEMPLATES, type TemplateName } from '../scaffold.ts'
import { addJsonOption, type Session } from '../session.ts'

interface CreateOptions {
  readonly template: TemplateName
  readonly id?: string
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
        'ts: TypeScript with a test; js: the least there can be, without any tool',
      )
        .choices(TEMPLATES)
        .default('ts'),
    )
    .option('--id <id>', 'an id other than the name of the folder')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: CreateOptions) => create(session, folder, options))
}

async function create(session: Session, folder: string, options: CreateOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: folder }, async () => {
    const path = resolve(io.cwd, folder)
    const id = options.id ?? basename(path)
    const made = await createFromTemplate(options.template, { folder: path, id })
    const hasTypes = options.template === 'ts'
    if (hasTypes) await writeTypes(path, { host: SERVER_HOST, points: new Points(SERVER_HOST).list() })
    const files = hasTypes ? [...made, DECLARATION_FILE].sort() : made
    const shown = relative(io.cwd, path) || '.'
    const next =
      options.template === 'ts'
        ? [`cd ${shown}`, 'npm install', 'npm run dev', 'npm test']
        : [`plugbay dev ${shown}`, `plugbay install ${shown}`]
    const text = [
      `Made the plugin "${id}" in ${shown}: ${files.length} files`,
      '',
      'Next:',
      ...next.map((line) => `  $ ${line}`),
    ].join('\n')
    return { results: [{ id, ok: true, path, template: options.template, files }], text }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay create my-plugin
  $ plugbay create my-plugin --template js
  $ plugbay create . --id my-plugin`
