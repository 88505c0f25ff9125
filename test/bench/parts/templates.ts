// What it costs to render the templates of an application: 500 templates with the patches of 50 plugins, and 300 values. Every template
// has places that all plugins have a text for; a part of them includes another.

import { createLog } from '../../../runtime/log.ts'
import type { JobBody } from '../../../runtime/templates/format/engine-calls.ts'
import { TemplateEngine } from '../../../runtime/templates/template-engine.ts'
import { timed } from '../http.ts'
import type { Part, PartOptions } from './part.ts'

const TEMPLATES = 500
const PLUGINS = 50
const VALUES = 300
/** Renderings in a round. */
const TURNS = 5

export async function measureTemplates({ rounds }: Pick<PartOptions, 'rounds'>): Promise<Part> {
  const engine = new TemplateEngine({ log: createLog('silent') })
  const times: number[] = []
  try {
    const render = async (): Promise<void> => {
      const { texts, problems } = await engine.render(JOB)
      const [problem] = problems
      if (problem !== undefined || texts.size !== TEMPLATES) throw new Error(problem?.message ?? 'Not all')
    }
    // The first starts the process.
    await render()
    for (let turn = 0; turn < rounds * TURNS; turn++) times.push(await timed(render))
  } finally {
    await engine.close()
  }
  const name = `${TEMPLATES} templates with patches of ${PLUGINS} plugins`
  return { tables: {}, figures: [{ name, unit: 'ms', better: 'lower', aim: 1000, rounds: times }] }
}

const JOB: JobBody = {
  values: Object.fromEntries(numbers(VALUES).map((number) => [`VALUE_${number}`, `value ${number}`])),
  templates: Object.fromEntries([
    ['partials/common', { text: 'common {{ VALUE_1 }}\n', owner: 'host' }],
    ...numbers(TEMPLATES).map((number) => [
      `file-${number}.yml`,
      { text: templateOf(number), owner: 'host' },
    ]),
  ]),
  patches: Object.fromEntries(
    numbers(10).map((point) => [
      `point-${point}`,
      numbers(PLUGINS)
        .filter((plugin) => plugin % 10 === point)
        .map((plugin) => ({
          plugin: `plugin-${plugin}`,
          text: `service-${plugin}:\n  image: "{{ VALUE_${plugin} }}"\n`,
        })),
    ]),
  ),
  wanted: numbers(TEMPLATES).map((number) => `file-${number}.yml`),
}

function templateOf(number: number): string {
  const lines = numbers(20).map((line) => `key-${line}: "{{ VALUE_${(number + line) % VALUES} }}"`)
  return [
    ...lines,
    '{% if VALUE_2 %}include: {% include "partials/common" %}{% endif %}',
    `services:\n  {{ patch("point-${number % 10}")|indent(2) }}\n`,
  ].join('\n')
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number)
}
