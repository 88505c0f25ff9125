// The generated parts of docs/guest-api.md; everything outside their marks is written by hand.
// Run this file to regenerate them: node test/docs/guest-api/generate.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contextMembers, envMembers } from './env.ts'
import { commonDeviations, type GlobalFacts, globalFacts } from './globals.ts'
import { configuredLimits, fixedLimits } from './limits.ts'
import { ROOT, tagsOf } from './source.ts'

export const PAGE = join(ROOT, 'docs/guest-api.md')

const SECTIONS: Readonly<Record<string, () => string>> = {
  globals: globalsSection,
  env: envSection,
  ctx: contextSection,
  limits: limitsSection,
}

/** The page with its generated parts as they have to be. Throws when a mark is missing. */
export function generated(page: string): string {
  return Object.entries(SECTIONS).reduce((text, [name, make]) => {
    const begin = `<!-- ${name}: written by test/docs/guest-api/generate.ts -->\n`
    const end = `<!-- /${name} -->\n`
    const [before, after] = [text.indexOf(begin), text.indexOf(end)]
    if (before === -1 || after < before) throw new Error(`The page has no marks for "${name}"`)
    return `${text.slice(0, before + begin.length)}\n${make()}\n${text.slice(after)}`
  }, page)
}

function globalsSection(): string {
  const rows = globalFacts().map((each) => [
    `\`${each.name}${each.kind === 'function' ? '()' : ''}\``,
    hasOf(each),
    [each.doc.text, ...tagsOf(each.doc, 'deviation')].filter((text) => text !== '').join(' '),
  ])
  return [
    table(['global', 'has', 'notes'], rows),
    'Differences from browsers:\n',
    ...commonDeviations().map((text) => `- ${text}`),
    '',
  ].join('\n')
}

function hasOf({ kind, parent, statics, members }: GlobalFacts): string {
  if (kind === 'function') return ''
  const codes = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' ')
  return [
    ...(parent === undefined ? [] : [`what \`${parent}\` has`]),
    ...(members.length === 0 ? [] : [codes(members)]),
    ...(statics.length === 0 ? [] : [`static ${codes(statics)}`]),
  ].join('; ')
}

function envSection(): string {
  const members = envMembers()
  const rows = members.map(({ name, permission, what }) => [
    `\`env.${name}\``,
    permission === undefined ? '–' : `\`${permission}\``,
    what,
  ])
  const needing = globalFacts().flatMap(({ name, doc }) =>
    tagsOf(doc, 'permission').map((permission) => [`\`${name}()\``, `\`${permission}\``, doc.text]),
  )
  const sections = members.flatMap(({ name, file }) =>
    file === undefined
      ? []
      : [
          `### env.${name}\n`,
          `\`\`\`ts\n${file.types}\n\`\`\`\n`,
          ...(file.deviations.length === 0
            ? []
            : [
                'Differences from the model:\n',
                `${file.deviations.map((text) => `- ${text}`).join('\n')}\n`,
              ]),
        ],
  )
  return [table(['member', 'permission', 'what'], [...rows, ...needing]), ...sections].join('\n')
}

function contextSection(): string {
  return table(
    ['member', 'what'],
    contextMembers().map(({ name, what }) => [`\`ctx.${name}\``, what]),
  )
}

function limitsSection(): string {
  return [
    table(
      ['key', 'default', 'what', 'when it is exceeded'],
      configuredLimits().map(({ key, value, what, passed }) => [`\`${key}\``, value, what, passed]),
    ),
    'These are the same on every server:\n',
    table(
      ['where', 'what', 'limit', 'when it is exceeded'],
      fixedLimits().map(({ where, what, value, passed }) => [where, what, value, passed]),
    ),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`
}

if (import.meta.main) writeFileSync(PAGE, generated(readFileSync(PAGE, 'utf8')))
