// A declaration of a host is checked as a whole before anything starts: what is wrong is said with its place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { hostProblems } from '../../runtime/host/check-host.ts'
import { openAjv } from '../../runtime/host/open-ajv.ts'
import { RUNTIME_POINTS } from '../../runtime/host/runtime-points.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import { SERVER_HOST } from '../../runtime/server-host.ts'
import { hostSchema } from '../../sdk/host/declaration.ts'
import { temporaryFolder } from '../support/runtime.ts'

const BASE = { id: 'library', version: '2.3.0' }
const TEXT = { type: 'string' }

const said = (host: unknown): readonly string[] =>
  hostProblems(host).map(
    ({ pointer, message, hint }) => `${pointer}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  )

test('the host of the standalone server is right, and so are the points of every runtime', () => {
  assert.deepEqual(said(SERVER_HOST), [])
  const ajv = openAjv()
  for (const { data } of Object.values(RUNTIME_POINTS.events)) assert.ok(ajv.compile(data))
})

test('a declaration with everything in it is right', () => {
  assert.deepEqual(
    said({
      ...BASE,
      languages: { available: ['en', 'fr', 'ar'], default: 'en' },
      permissions: { 'events.view': 'See events', 'events.manage': { en: 'Change events', fr: 'Changer' } },
      settings: {
        type: 'object',
        properties: { locales: { type: 'array', items: TEXT, 'x-append': true }, title: TEXT },
      },
      menus: { 'events.reporting': { title: 'Reporting', params: { type: 'object' } } },
      slots: { dashboard: { title: { en: 'Dashboard' }, params: true, modes: ['append', 'wrap'] } },
      hooks: {
        'content.title': {
          value: TEXT,
          mode: 'filter',
          cardinality: 'one',
          deadlineMs: 500,
          onError: 'fail',
        },
      },
      events: { 'sync.finished': { data: { type: 'object' }, durable: true } },
      contexts: { book: { title: 'Book', data: { type: 'object' } } },
      calls: {
        'catalog.search': { args: TEXT, result: { type: 'array' }, effect: false, run: () => [] },
        'media.copy': { args: true, result: 'stream', body: true, run: () => new ReadableStream() },
      },
    }),
    [],
  )
})

const WRONG: readonly { readonly name: string; readonly host: unknown; readonly says: readonly RegExp[] }[] =
  [
    { name: 'nothing', host: undefined, says: [/^: The host must be an object/] },
    { name: 'no id', host: { version: '1.0.0' }, says: [/^: The host lacks "id"/] },
    {
      name: 'a version that is none',
      host: { ...BASE, version: '2' },
      says: [/^\/version: .*must match the pattern/],
    },
    {
      name: 'a misspelt field',
      host: { ...BASE, hook: {} },
      says: [/^: The host has no field "hook" \| Did you mean "hooks"\?/],
    },
    {
      name: 'a misspelt field of a hook',
      host: { ...BASE, hooks: { 'content.title': { value: TEXT, deadline: 5 } } },
      says: [
        /^\/hooks\/content\.title: "hooks\.content\.title" of the host has no field "deadline" \| Did you mean "deadlineMs"/,
      ],
    },
    {
      name: 'a mode that there is not',
      host: { ...BASE, hooks: { 'content.title': { value: TEXT, mode: 'change' } } },
      says: [/must be one of "filter", "notify"/],
    },
    {
      name: 'a name with a space',
      host: { ...BASE, events: { 'sync finished': { data: true } } },
      says: [/^\/events: "events" of the host has the name "sync finished"/],
    },
    {
      name: 'a name of 101 characters',
      host: { ...BASE, events: { ['a'.repeat(101)]: { data: true } } },
      says: [/^\/events: .*100 characters/],
    },
    {
      name: 'a schema that is none',
      host: { ...BASE, hooks: { 'content.title': { value: { type: 'text' } } } },
      says: [
        /^\/hooks\/content\.title\/value: The schema "value" of the hook "content.title" is not a valid JSON Schema/,
      ],
    },
    {
      name: 'a misspelt keyword in a schema, which would never apply',
      host: { ...BASE, events: { done: { data: { type: 'string', maxLenght: 5 } } } },
      says: [/^\/events\/done\/data: .*unknown keyword: "maxLenght"/],
    },
    {
      name: 'a schema that refers to another server',
      host: { ...BASE, events: { done: { data: { $ref: 'https://example.org/schema.json' } } } },
      says: [/^\/events\/done\/data: .*can't resolve reference/],
    },
    {
      name: "a name of the runtime's own",
      host: { ...BASE, events: { 'device.connected': { data: true } } },
      says: [/^\/events\/device\.connected: The event "device\.connected" is one of the runtime's own/],
    },
    {
      name: 'a call without a function',
      host: { ...BASE, calls: { search: { args: true, result: true } } },
      says: [/^\/calls\/search: The call "search" has no function "run"/],
    },
    {
      name: 'a result that is neither a schema nor a stream',
      host: { ...BASE, calls: { search: { args: true, result: 'steam', run: () => null } } },
      says: [
        /^\/calls\/search\/result: "calls\.search\.result" of the host must match the pattern \^stream\$/,
      ],
    },
    {
      name: 'a default language that is not available',
      host: { ...BASE, languages: { available: ['en'], default: 'fr' } },
      says: [/^\/languages\/default: The default language "fr"/],
    },
    {
      name: 'a language in another spelling',
      host: { ...BASE, languages: { available: ['en', 'pt-br'], default: 'en' } },
      says: [/^\/languages\/available\/1: "pt-br" cannot be a language/],
    },
  ]

for (const { name, host, says } of WRONG) {
  test(`refused: ${name}`, () => {
    const found = said(host)
    for (const pattern of says)
      assert.ok(
        found.some((line) => pattern.test(line)),
        `${pattern} in ${found.join('\n')}`,
      )
  })
}

test('all problems are found at once', () => {
  const found = said({ ...BASE, events: { a: { data: { type: 'x' } }, b: { data: { type: 'y' } } } })
  assert.equal(found.length, 2)
})

test('a runtime with a wrong declaration does not start, and says why', async (t) => {
  const data = await temporaryFolder(t)
  const host = { ...BASE, hooks: { 'content.title': { value: { type: 'text' } } } }
  await assert.rejects(createRuntime({ host, config: { data, logLevel: 'silent' } }), {
    code: 'HOST_INVALID',
    message: /"value" of the hook "content.title"/,
  })
})

test('the schema of a declaration is one of its dialect: nothing checks it when the runtime is created', () => {
  const ajv = new Ajv2020()
  assert.equal(ajv.validateSchema(hostSchema), true, ajv.errorsText())
})
