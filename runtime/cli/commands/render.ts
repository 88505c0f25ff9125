// plugbay render: renders the templates of the application now, or shows what that would change.

import type { Command } from 'commander'
import type { RenderedFiles, RenderReport } from '../../../sdk/api/templates.ts'
import type { Problem } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import type { Outcome } from '../output.ts'
import type { Session } from '../session.ts'

export function addRender(program: Command, session: Session): void {
  const command = program
    .command('render')
    .description(
      'Render the templates of the application and of plugins. The server does that by itself after every change.',
    )
    .option('--check', 'show what would change, and write nothing')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: ClientOptions & { readonly check?: boolean }) =>
      session.run({ json: options.json, id: undefined }, () => {
        const client = openClient(session.io, options)
        return options.check === true ? check(client) : render(client)
      }),
    )
}

const MARKS = { added: '+', changed: '~', removed: '-', same: ' ' } as const

async function render(client: ApiClient): Promise<Outcome> {
  const report = (await client.request('POST', 'rendered-files')) as RenderReport
  const [problem] = report.problems
  if (problem !== undefined) return failed(report.problems)
  const lines = report.changes.map(({ path, owner, change }) => `${MARKS[change]} ${path} (${owner})`)
  return {
    results: [{ id: 'render', ok: true, ...report }],
    text: [
      `✓ ${report.files} files, ${lines.length === 0 ? 'none' : lines.length} changed`,
      ...[...lines, ...report.warnings.map(noteOf)].map(printable),
    ].join('\n'),
  }
}

async function check(client: ApiClient): Promise<Outcome> {
  const { items, problems, warnings } = (await client.request('GET', 'rendered-files')) as RenderedFiles
  if (problems.length > 0) return failed(problems)
  const changed = items.filter(({ state }) => state !== 'same')
  const shown = changed.map(({ path, owner, state, diff }) =>
    [`${MARKS[state]} ${path} (${owner})`, ...(diff === null ? [] : [diff])].join('\n'),
  )
  const text = [...shown, ...warnings.map(noteOf)].map(printable).join('\n')
  return {
    results: items.map(({ path, ...rest }) => ({ id: path, ok: true, ...rest })),
    text:
      changed.length === 0 ? ['✓ Nothing would change', text].filter((each) => each !== '').join('\n') : text,
  }
}

function failed(problems: readonly Problem[]): Outcome {
  return { results: problems.map((problem) => ({ id: problem.file ?? 'render', ok: false, problem })) }
}

function noteOf({ message, hint }: Problem): string {
  return `! ${message}${hint === undefined ? '' : `\n  → ${hint}`}`
}

const EXAMPLES = `
With any problem, all files stay as they are.

Examples:
  $ plugbay render --check     what would change, as differences; secrets are masked
  $ plugbay render`
