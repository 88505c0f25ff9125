// Hostile SQL from inside a plugin, with a neighbour whose database must go on: what runs without end is ended, what is too
// large is refused, and the next statement works. The list of what the authorizer refuses is in sql.test.ts.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'

const RUN = backendOf(`
  const run = new Function('env', 'return (async () => {' + await request.text() + '})()')
  try { return Response.json({ value: (await run(env)) ?? null }) }
  catch (error) { return Response.json({ code: error.code ?? error.name, message: error.message }) }`)

const scope = sharedScope()
let runtime: Runtime
let app: ReturnType<typeof createApp>
before(async () => {
  // A statement that does not end is ended by its deadline: a short one keeps the test short.
  runtime = await startTestRuntime(scope, { config: { limits: { deadlineMs: 30_000 } } })
  app = createApp(runtime)
  for (const id of ['hostile', 'neighbour'])
    await install(runtime, { id, backend: RUN, manifest: { permissions: { database: true } } })
  await run(
    'neighbour',
    "await env.db.prepare('CREATE TABLE mine (secret TEXT)').run(); await env.db.prepare(\"INSERT INTO mine VALUES ('kept')\").run()",
  )
})

interface Outcome {
  readonly value?: unknown
  readonly code?: string
  readonly message?: string
}

async function run(id: string, code: string): Promise<Outcome> {
  const response = await app.request(`http://127.0.0.1:3000/plugins/${id}/api/`, {
    method: 'POST',
    body: code,
  })
  return response.status === 200
    ? ((await response.json()) as Outcome)
    : { code: String(response.status), message: await response.text() }
}

const sql = (text: string, binds = '') =>
  run('hostile', `return (await env.db.prepare(${JSON.stringify(text)}).bind(${binds}).all()).results`)

/** Asks the neighbour again and again while `attack` runs. */
async function beside(
  attack: () => Promise<Outcome>,
): Promise<{ outcome: Outcome; requests: number; failed: number; slowestMs: number }> {
  let isOver = false
  let requests = 0
  let failed = 0
  let slowestMs = 0
  const asking = (async () => {
    while (!isOver) {
      const start = performance.now()
      const { value } = await run(
        'neighbour',
        "return (await env.db.prepare('SELECT secret FROM mine').first()).secret",
      )
      slowestMs = Math.max(slowestMs, performance.now() - start)
      requests++
      failed += Number(value !== 'kept')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  const outcome = await attack()
  isOver = true
  await asking
  return { outcome, requests, failed, slowestMs }
}

const ENDLESS: readonly (readonly [name: string, statement: string])[] = [
  [
    'a recursion without end',
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c',
  ],
  [
    'a join of everything with everything',
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000) SELECT count(*) FROM c a, c b, c d, c e, c f',
  ],
  [
    'a write without end',
    'CREATE TABLE endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c',
  ],
]
for (const [index, [name, statement]] of ENDLESS.entries())
  test(`SQL ${name} is ended, alone`, async () => {
    const { outcome, requests, failed, slowestMs } = await beside(() => sql(statement))
    assert.match(
      outcome.code ?? '',
      /^(DEADLINE|QUOTA_EXCEEDED|DATABASE_ERROR|HOST_CALL_FAILED|50\d)$/,
      JSON.stringify(outcome),
    )
    assert.ok(requests > 0)
    assert.equal(failed, 0)
    assert.deepEqual((await sql('SELECT 1 AS one')).value, [{ one: 1 }], 'the next statement works')
    assert.deepEqual((await sql("SELECT name FROM sqlite_schema WHERE name = 'endless'")).value, [])
    record({
      id: `SQL-endless-${index + 1}`,
      area: 'sql',
      title: name,
      culprit: outcome.code ?? '',
      neighbour: { requests, failed, slowestMs },
      runtime: { pidUnchanged: true },
    })
  })

test('SQL results, bindings and texts without measure are refused', async () => {
  const rows =
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10000000) SELECT x FROM c'
  const cases: readonly (readonly [name: string, outcome: Outcome])[] = [
    ['ten million rows', await sql(rows)],
    [
      'a list of 40,000 values',
      await sql(`SELECT 1 WHERE 1 IN (${Array(40_000).fill('?').join()})`, `...Array(40000).fill(1)`),
    ],
    ['32,768 parameters', await sql(`SELECT ${Array(32_768).fill('?').join()}`, '...Array(32768).fill(1)')],
    ['a statement of 1.1 MB', await sql(`SELECT '${'x'.repeat(1_100_000)}'`)],
    [
      'a value of 200 MB',
      await run(
        'hostile',
        "return (await env.db.prepare('SELECT length(?)').bind('x'.repeat(20_000_000)).all()).results",
      ),
    ],
  ]
  for (const [name, outcome] of cases) {
    assert.match(
      outcome.code ?? '',
      /^(DATABASE_ERROR|QUOTA_EXCEEDED|HOST_CALL_FAILED|HOST_CALL_INVALID|DEADLINE|RangeError|TypeError|50\d)$/,
      `${name}: ${JSON.stringify(outcome).slice(0, 300)}`,
    )
    assert.deepEqual((await sql('SELECT 1 AS one')).value, [{ one: 1 }], name)
  }
  record({
    id: 'SQL-measure',
    area: 'sql',
    title: `${cases.length} statements without measure`,
    culprit: 'DATABASE_ERROR or QUOTA_EXCEEDED',
  })
})

test('SQL a statement sees one file, and nothing of another request or plugin', async () => {
  for (const statement of ['SELECT * FROM mine', 'SELECT * FROM neighbour.mine', 'SELECT * FROM main.mine'])
    assert.equal((await sql(statement)).code, 'DATABASE_ERROR', statement)
  for (let count = 0; count < 1000; count += 100) {
    const attach = `return (await Promise.all(Array.from({ length: 100 }, (_, n) => env.db.prepare("ATTACH ':memory:' AS m" + n).run().then(() => 'done', (error) => error.code)))).filter((each) => each !== 'DATABASE_ERROR')`
    assert.deepEqual((await run('hostile', attach)).value, [])
  }
  const lists = [
    'PRAGMA query_only = 0',
    'PRAGMA database_list',
    'BEGIN EXCLUSIVE',
    'SAVEPOINT x',
    'CREATE TEMP TABLE x (a)',
    'CREATE TABLE sqlite_x (a)',
    'DROP TABLE sqlite_schema',
  ]
  for (const statement of lists) assert.equal((await sql(statement)).code, 'DATABASE_ERROR', statement)
  const odd = await run(
    'hostile',
    `await env.db.prepare('CREATE TABLE "__proto__" ("__proto__" TEXT, "constructor" TEXT, "toString" TEXT)').run()
     const { results } = await env.db.prepare(\`INSERT INTO "__proto__" VALUES ('a', 'b', 'c') RETURNING *\`).all()
     return [results.map((row) => Object.entries(row)), ({}).a ?? null, Object.getPrototypeOf({}) === Object.prototype]`,
  )
  assert.deepEqual(odd.value, [
    [
      [
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', 'c'],
      ],
    ],
    null,
    true,
  ])
  assert.deepEqual((await sql('SELECT 9007199254740993 AS big')).value, [{ big: 9007199254740992 }])
  assert.equal(
    (await run('neighbour', "return (await env.db.prepare('SELECT secret FROM mine').first()).secret")).value,
    'kept',
  )
  record({
    id: 'SQL-walls',
    area: 'sql',
    title: 'other files, 1,000 ATTACH, transactions, names of prototypes',
    culprit: 'DATABASE_ERROR; a row is a row',
  })
})
