// A template process for tests, and jobs in few words.

import type { TestContext } from 'node:test'
import { createLog } from '../../runtime/log.ts'
import type { JobBody, JsonValue } from '../../runtime/templates/format/engine-calls.ts'
import {
  type RenderedTexts,
  type RenderedValues,
  TemplateEngine,
  type TemplateEngineOptions,
} from '../../runtime/templates/template-engine.ts'

export function openEngine(t: TestContext, options: Partial<TemplateEngineOptions> = {}): TemplateEngine {
  const engine = new TemplateEngine({ log: createLog('silent'), ...options })
  t.after(() => engine.close())
  return engine
}

export interface ShortJob {
  readonly values?: Readonly<Record<string, JsonValue>>
  /** The host's. */
  readonly templates: Readonly<Record<string, string>>
  /** By point: `plugin: text`, in order. */
  readonly patches?: Readonly<Record<string, readonly string[]>>
  readonly wanted?: readonly string[]
}

export function jobOf({ values = {}, templates, patches = {}, wanted }: ShortJob): JobBody {
  return {
    values,
    templates: mapped(templates, (text) => ({ text, owner: 'host' })),
    patches: mapped(patches, (texts) =>
      texts.map((each) => {
        const [plugin = ''] = each.split(':', 1)
        return { plugin, text: each.slice(plugin.length + 1).trimStart() }
      }),
    ),
    wanted: wanted ?? Object.keys(templates),
  }
}

/** Renders one text as a file of the host. */
export async function renderOne(
  engine: TemplateEngine,
  text: string,
  options: Omit<ShortJob, 'templates'> & { readonly templates?: ShortJob['templates'] } = {},
): Promise<{ readonly text: string | undefined; readonly messages: string[]; readonly all: RenderedTexts }> {
  const templates = { ...options.templates, 'file.txt': text }
  const all = await engine.render(jobOf({ ...options, templates, wanted: ['file.txt'] }))
  return { text: all.texts.get('file.txt'), messages: all.problems.map(({ message }) => message), all }
}

/** Values of the host, or of the owner in `owners`. */
export function renderValues(
  engine: TemplateEngine,
  values: Readonly<Record<string, JsonValue>>,
  owners: Readonly<Record<string, string>> = {},
): Promise<RenderedValues> {
  return engine.renderValues(mapped(values, (value, key) => ({ value, owner: owners[key] ?? 'host' })))
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
