// Checks the declaration of a host when a runtime is created: its form, its names, and that every schema compiles.
// Invariant: all problems are found at once, each with the place in the declaration; nothing of the host is called.

import { dirname, isAbsolute } from 'node:path'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { STREAM } from '../../sdk/host/calls.ts'
import { CONTEXT_FUNCTIONS } from '../../sdk/host/contexts.ts'
import { type HostDeclaration, hostSchema } from '../../sdk/host/declaration.ts'
import { INIT_FUNCTIONS } from '../../sdk/host/init.ts'
import { POINT_KIND_NAMES, POINT_KINDS, type PointKind } from '../../sdk/host/point-kinds.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { canonicalTag } from '../../sdk/text/language-tag.ts'
import { schemaFault } from '../../sdk/text/schema-fault.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { openAjv } from './open-ajv.ts'
import { isRuntimePoint } from './runtime-points.ts'

/** The fields of points that hold schemas. */
const SCHEMA_FIELDS = ['params', 'value', 'data', 'args', 'result'] as const

/** The functions of points, by kind. */
const FUNCTIONS: Readonly<Partial<Record<PointKind, readonly string[]>>> = {
  calls: ['run'],
  contexts: CONTEXT_FUNCTIONS,
}

// A test checks the schema itself, and the code runs once a host.
const ajv = new Ajv2020({
  ...{ allErrors: true, strict: false, verbose: true },
  ...{ validateSchema: false, code: { optimize: false } },
})

/** @throws PlugbayError HOST_INVALID with all problems */
export function checkHost(host: HostDeclaration): void {
  const problems = hostProblems(host)
  const [first] = problems
  if (first !== undefined) throw new PlugbayError('HOST_INVALID', first.message, { problems })
}

/** `unknown`: an application in plain JavaScript can declare anything. */
export function hostProblems(host: unknown): readonly Problem[] {
  const problems = formProblems(host)
  // What has another form has no points to look into.
  return problems.length > 0 ? problems : meaningProblems(host as HostDeclaration)
}

function formProblems(host: unknown): readonly Problem[] {
  const validate = ajv.compile(hostSchema)
  if (validate(withoutFunctions(host))) return []
  const errors = validate.errors ?? []
  // The parts of a choice say less than the choice.
  return errors.filter(({ keyword }) => keyword !== 'propertyNames').map(toProblem)
}

/** Functions are checked apart, because a JSON Schema cannot. */
function withoutFunctions(host: unknown): unknown {
  if (!isObject(host)) return host
  const kinds = Object.entries(FUNCTIONS).flatMap(([kind, names]) => {
    const points = host[kind]
    return isObject(points) ? [[kind, withoutMembers(points, names)]] : []
  })
  const { templates } = host
  const checked = isObject(templates) ? { templates: without(templates, ['checks']) } : {}
  const init = isObject(host.init) ? { init: without(host.init, INIT_FUNCTIONS) } : {}
  return { ...host, ...Object.fromEntries(kinds), ...checked, ...init }
}

function withoutMembers(points: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  return Object.fromEntries(
    Object.entries(points).map(([name, point]) => [name, isObject(point) ? without(point, names) : point]),
  )
}

function without(object: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([member]) => !names.includes(member)))
}

function meaningProblems(host: HostDeclaration): readonly Problem[] {
  const ajv = openAjv()
  return [
    ...POINT_KIND_NAMES.flatMap((kind) => {
      const { word } = POINT_KINDS[kind]
      return Object.entries<object>(host[kind] ?? {}).flatMap(([name, point]) => [
        ...(isRuntimePoint(kind, name)
          ? [
              problem(
                ['', kind, name],
                `The ${word} "${name}" is one of the runtime's own`,
                'Choose another name',
              ),
            ]
          : []),
        ...SCHEMA_FIELDS.flatMap((field) =>
          Object.hasOwn(point, field) && Reflect.get(point, field) !== STREAM
            ? schemaProblems(ajv, Reflect.get(point, field), {
                place: ['', kind, name, field],
                what: `The schema "${field}" of the ${word} "${name}"`,
              })
            : [],
        ),
      ])
    }),
    ...Object.entries(host.calls ?? {}).flatMap(([name, call]) =>
      typeof call.run === 'function'
        ? []
        : [
            problem(
              ['', 'calls', name],
              `The call "${name}" has no function "run"`,
              'Add run(args, caller) { … }',
            ),
          ],
    ),
    ...Object.entries<object>(host.contexts ?? {}).flatMap(([name, context]) =>
      CONTEXT_FUNCTIONS.filter(
        (member) => !['function', 'undefined'].includes(typeof Reflect.get(context, member)),
      ).map((member) =>
        problem(
          ['', 'contexts', name, member],
          `"${member}" of the context "${name}" is no function`,
          `Write ${member}(…) { … }, or leave it out`,
        ),
      ),
    ),
    ...INIT_FUNCTIONS.filter((member) => !['function', 'undefined'].includes(typeof host.init?.[member])).map(
      (member) =>
        problem(
          ['', 'init', member],
          `"${member}" of "init" is no function`,
          `Write ${member}(…) { … }, or leave it out`,
        ),
    ),
    ...dataProblems(host),
    ...checkProblems(host),
    ...languageProblems(host),
  ]
}

function dataProblems({ data = {} }: HostDeclaration): readonly Problem[] {
  return Object.entries(data).flatMap(([name, { folder, database }]) => {
    const place = ['', 'data', name]
    const path = folder ?? database
    if (name === 'store')
      return [problem(place, 'The data "store" is the store of the runtime', 'Choose another name')]
    if (path === undefined || (folder !== undefined && database !== undefined))
      return [problem(place, `The data "${name}" must be either a folder or a database`, 'Write one of both')]
    if (!isAbsolute(path) || path.includes('\0') || dirname(path) === path)
      return [
        problem(
          place,
          `The path of the data "${name}" is not absolute`,
          'Write an absolute path below the root',
        ),
      ]
    return []
  })
}

function checkProblems({ templates }: HostDeclaration): readonly Problem[] {
  return Object.entries<unknown>(templates?.checks ?? {}).flatMap(([path, check]) =>
    typeof check === 'function'
      ? []
      : [
          problem(
            ['', 'templates', 'checks', path],
            `The check of "${path}" is no function`,
            'Write (text) => …',
          ),
        ],
  )
}

function schemaProblems(
  ajv: Ajv2020,
  schema: unknown,
  { place, what }: { readonly place: readonly string[]; readonly what: string },
): readonly Problem[] {
  try {
    ajv.compile(schema as boolean | object)
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [problem(place, `${what} is not a valid JSON Schema: ${reason}`, 'Correct the schema')]
  }
}

function languageProblems({ languages }: HostDeclaration): readonly Problem[] {
  if (languages === undefined) return []
  const odd = languages.available.findIndex((tag) => canonicalTag(tag) !== tag || tag === 'api')
  if (odd !== -1)
    return [
      problem(
        ['', 'languages', 'available', String(odd)],
        `"${languages.available[odd]}" cannot be a language of the application`,
        'Write a BCP 47 tag in its canonical form, such as "fr" or "pt-BR"; "api" is a path of the runtime',
      ),
    ]
  if (languages.available.includes(languages.default)) return []
  return [
    problem(
      ['', 'languages', 'default'],
      `The default language "${languages.default}" is not one of the available languages`,
      'Add it to "available"',
    ),
  ]
}

function toProblem(error: ErrorObject): Problem {
  const { instancePath, keyword, params, parentSchema } = error
  const place = instancePath === '' ? 'The host' : `"${inWords(instancePath)}" of the host`
  if (keyword !== 'additionalProperties' && keyword !== 'unevaluatedProperties')
    return { ...problem([], `${place} ${schemaFault(error)}`), pointer: instancePath }
  const name = String(params.additionalProperty)
  const known = isObject(parentSchema?.properties) ? Object.keys(parentSchema.properties) : []
  const meant = didYouMean(name, known)
  return {
    ...problem(
      [],
      known.length === 0
        ? `${place} has the name "${name}", which must be letters, digits, hyphens and underscores, with dots between the parts`
        : `${place} has no field "${name}"`,
      meant === undefined ? undefined : `Did you mean "${meant}"?`,
    ),
    pointer: instancePath,
  }
}

/** "hooks.content.title.mode" of "/hooks/content.title/mode". */
function inWords(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

function problem(place: readonly string[], message: string, hint?: string): Problem {
  const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
  return { code: 'HOST_INVALID', message, ...(hint !== undefined && { hint }), pointer }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
