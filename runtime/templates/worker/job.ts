// One job: the templates, patches and values of a moment, rendered file by file.

import type { JobBody, PointUse, TemplateProblem } from '../format/engine-calls.ts'
import { isIgnored } from '../format/file-rules.ts'
import { Engine } from './engine.ts'
import { isTrue } from './filters.ts'
import { readParts } from './source.ts'
import { matches, namedPattern } from './values.ts'

export interface Job {
  readonly broken: boolean
  /** Number of the wanted templates. */
  readonly size: number
  /** One of the wanted templates. */
  render(index: number): {
    readonly path: string
    readonly text: string
    readonly problems: TemplateProblem[]
  }
  points(): PointUse[]
  /** Gives back its memory. */
  dispose(): void
}

export function createJob({ values, templates, patches, wanted }: JobBody): Job {
  const engine = new Engine({
    values,
    files: Object.entries(templates).map(([path, source]) => ({ path, ...source })),
    filters: {
      walk_templates: ([folder]) =>
        Object.keys(templates)
          .filter((path) => path.startsWith(String(folder)) && !isIgnored(path))
          .sort(),
    },
    functions: {
      patch: (args, named) => {
        const [name, separator = '\n', suffix = ''] = args
        const point = String(named.get('name') ?? name ?? '')
        const texts = Object.hasOwn(patches, point) ? (patches[point] ?? []) : []
        const rendered = texts
          .map(({ plugin, text }, index) =>
            engine.renderText(`patch:${index}:${point}`, {
              place: { kind: 'patch', point, owner: plugin },
              text,
            }),
          )
          .join(String(named.get('separator') ?? separator))
        return rendered === '' ? '' : rendered + String(named.get('suffix') ?? suffix)
      },
      iter_values_named: (args, named) => {
        const pattern = namedPattern(args, named)
        return Object.entries(values)
          .filter(([key, value]) => matches(key, pattern) && (pattern.allowEmpty || isTrue(value)))
          .map(([, value]) => value)
      },
    },
  })
  return {
    get broken() {
      return engine.isBroken
    },
    size: wanted.length,
    render(index) {
      const path = wanted[index] ?? ''
      const text = engine.renderFile(path)
      const problems = engine.problems.take().map((problem) => ({ ...problem, file: path }))
      return { path, text: problems.length === 0 ? text : '', problems }
    },
    dispose: () => engine.dispose(),
    points: () => [
      ...Object.entries(templates).flatMap(([file, { text }]) =>
        pointsIn(text).map((use) => ({ ...use, file })),
      ),
      ...Object.entries(patches).flatMap(([patch, texts]) =>
        texts.flatMap(({ plugin, text }) => pointsIn(text).map((use) => ({ ...use, patch, plugin }))),
      ),
    ],
  }
}

/** Calls of `patch()` with a constant name, whether or not they are reached. */
function pointsIn(text: string): { point: string; line: number }[] {
  if (!text.includes('patch')) return []
  return readParts(text).flatMap((part) => {
    if (part.kind === 'text') return []
    const { tokens, line } = part
    return tokens.flatMap((token, index) => {
      const name = tokens[index + 2]
      const isCall = token.text === 'patch' && tokens[index + 1]?.text === '(' && name?.kind === 'string'
      return isCall && tokens[index - 1]?.text !== '.' ? [{ point: name.text.slice(1, -1), line }] : []
    })
  })
}
