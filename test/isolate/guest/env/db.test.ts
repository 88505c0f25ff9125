// env.db as a plugin meets it: through the sandbox, the wall and a data process.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import type { Runtime } from '../../../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../../../support/runtime.ts'
import { sharedScope } from '../../../support/scope.ts'

/** Runs the text of the request in the guest, so that a test can say what a plugin does. */
const EVALUATE = backendOf(`
  const run = new Function('env', 'return (async () => {' + await request.text() + '})()')
  try {
    return Response.json({ value: await run(env) }, { status: 200 })
  } catch (error) {
    return Response.json({ name: error.name, message: error.message, code: error.code ?? null }, { status: 418 })
  }
`)

async function evaluate(runtime: Runtime, id: string, code: string): Promise<unknown> {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`, {
    method: 'POST',
    body: code,
  })
  const answer = (await response.json()) as { value?: unknown; message?: string; code?: string }
  if (response.status === 200) return answer.value
  throw Object.assign(new Error(answer.message), { code: answer.code, status: response.status })
}

describe('env.db', () => {
  const scope = sharedScope()
  let runtime: Runtime
  const run = (code: string) => evaluate(runtime, 'sql', code)
  before(async () => {
    runtime = await startTestRuntime(scope)
    await install(runtime, { id: 'sql', backend: EVALUATE, manifest: { permissions: { database: true } } })
    await run(`
      await env.db.batch([
        env.db.prepare('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB)'),
        env.db.prepare('INSERT INTO note (text, bytes) VALUES (?, ?)').bind('a', new Uint8Array([1, 2])),
        env.db.prepare('INSERT INTO note (text) VALUES (?)').bind('b'),
      ])`)
  })

  it('has the members of D1', async () => {
    assert.deepEqual(
      await run(`
        const all = await env.db.prepare('SELECT id, text FROM note ORDER BY id').all()
        return {
          results: all.results, success: all.success, meta: Object.keys(all.meta).sort(),
          first: await env.db.prepare('SELECT id, text FROM note WHERE id = ?').bind(2).first(),
          column: await env.db.prepare('SELECT id, text FROM note WHERE id = ?').bind(2).first('text'),
          none: await env.db.prepare('SELECT 1 FROM note WHERE id = ?').bind(9).first(),
          noneColumn: await env.db.prepare('SELECT 1 AS x FROM note WHERE id = ?').bind(9).first('x'),
          raw: await env.db.prepare('SELECT id, id FROM note').raw(),
          named: await env.db.prepare('SELECT id, text AS id FROM note LIMIT 1').raw({ columnNames: true }),
        }`),
      {
        results: [
          { id: 1, text: 'a' },
          { id: 2, text: 'b' },
        ],
        success: true,
        meta: ['changed_db', 'changes', 'duration', 'last_row_id', 'size_after'],
        first: { id: 2, text: 'b' },
        column: 'b',
        none: null,
        noneColumn: null,
        raw: [
          [1, 1],
          [2, 2],
        ],
        named: [
          ['id', 'id'],
          [1, 'a'],
        ],
      },
    )
    const { name, version } = (await run('return env.db.engine')) as { name: string; version: string }
    assert.deepEqual([name, version], ['sqlite', process.versions.sqlite])
  })

  it('takes and gives bytes as ArrayBuffer, in any view', async () => {
    assert.deepEqual(
      await run(`
        const back = async (value) => {
          const blob = await env.db.prepare('SELECT ? AS b').bind(value).first('b')
          return [blob instanceof ArrayBuffer, ...new Uint8Array(blob)]
        }
        const buffer = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]).buffer
        return [await back(buffer), await back(new Uint8Array(buffer, 2, 2)), await back(new DataView(buffer, 7)),
          await back([9, 255]), await back(new Uint8Array(0))]`),
      [[true, 0, 1, 2, 3, 4, 5, 6, 7], [true, 2, 3], [true, 7], [true, 9, 255], [true]],
    )
  })

  it('binds what D1 binds, and names the type of what it does not', async () => {
    assert.deepEqual(
      await run(
        `return env.db.prepare('SELECT ? AS yes, ? AS no, ? AS nan, ?4 AS big').bind(true, false, NaN, 1e300).first()`,
      ),
      { yes: 1, no: 0, nan: null, big: 1e300 },
    )
    for (const value of ['undefined', '1n', 'Symbol()', '() => 1', '({})', '[256]', '["a"]']) {
      await assert.rejects(
        run(`env.db.prepare('SELECT ?').bind(${value === 'Symbol()' ? 'undefined' : value})`),
        {
          message: /^D1_TYPE_ERROR: Type '/,
        },
      )
    }
  })

  it('gives a batch its results, or nothing has happened', async () => {
    assert.deepEqual(
      await run(`
        const results = await env.db.batch([
          env.db.prepare('INSERT INTO note (text) VALUES (?)').bind('c'),
          env.db.prepare('SELECT count(*) AS n FROM note'),
          env.db.prepare('DELETE FROM note WHERE text = ?').bind('c'),
        ])
        return results.map(({ results, meta }) => [results, meta.changes])`),
      [
        [[], 1],
        [[{ n: 3 }], 0],
        [[], 1],
      ],
    )
    await assert.rejects(
      run(`
        const insert = env.db.prepare('INSERT INTO note (text) VALUES (?)')
        await env.db.batch([insert.bind('d'), insert.bind('a')])`),
      { code: 'DATABASE_ERROR', message: 'D1_ERROR: UNIQUE constraint failed: note.text: SQLITE_CONSTRAINT' },
    )
    assert.equal(await run(`return env.db.prepare("SELECT count(*) AS n FROM note").first('n')`), 2)
    await assert.rejects(
      run('await env.db.batch([{ sql: "SELECT 1" }])'),
      /takes statements of env\.db\.prepare/,
    )
    assert.deepEqual(await run('return env.db.batch([])'), [])
  })

  it('refuses exec, transactions by hand, and several statements, with what to do instead', async () => {
    await assert.rejects(run(`await env.db.exec('SELECT 1')`), /backend\/migrations/)
    await assert.rejects(run(`await env.db.prepare('BEGIN').run()`), /env\.db\.batch\(\)/)
    await assert.rejects(run(`await env.db.prepare('SELECT 1; SELECT 2').run()`), /env\.db\.batch\(\)/)
  })

  it('gives rows of a few megabytes, and an error for more', async () => {
    const big = `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ?) SELECT printf('%1000d', x) AS t FROM c`
    assert.equal(
      await run(`return (await env.db.prepare(${JSON.stringify(big)}).bind(5000).raw()).length`),
      5000,
    )
    await assert.rejects(run(`await env.db.prepare(${JSON.stringify(big)}).bind(50000).raw()`), {
      code: 'QUOTA_EXCEEDED',
    })
  })

  it('makes objects of any column name without touching a prototype', async () => {
    assert.deepEqual(
      await run(`
        const row = await env.db.prepare('SELECT 1 AS "__proto__", 2 AS "constructor"').first()
        return [Object.keys(row), Object.getPrototypeOf(row) === Object.prototype, row.constructor]`),
      [['__proto__', 'constructor'], true, 2],
    )
  })

  it('is absent without the grant, and the host refuses all the same', async () => {
    await install(runtime, { id: 'plain', backend: EVALUATE, manifest: { permissions: { kv: true } } })
    assert.deepEqual(await evaluate(runtime, 'plain', `return [env.db === undefined, env.has('database')]`), [
      true,
      false,
    ])
  })

  it('ends a statement that never ends; only it fails, and other plugins do not wait for it', async () => {
    await install(runtime, {
      id: 'other',
      backend: EVALUATE,
      manifest: { permissions: { database: true, kv: true } },
    })
    await install(runtime, {
      id: 'another',
      backend: EVALUATE,
      manifest: { permissions: { database: true, kv: true } },
    })
    const answer = `return env.db.prepare('SELECT 1 AS x').first('x')`
    for (const id of ['other', 'another']) await evaluate(runtime, id, answer)
    let ended = false
    const endless = assert
      .rejects(
        run(
          `await env.db.prepare('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c').first()`,
        ),
        { code: 'HOST_CALL_FAILED' },
      )
      .then(() => {
        ended = true
      })
    for (const id of ['other', 'another']) {
      assert.equal(await evaluate(runtime, id, answer), 1)
      assert.equal(await evaluate(runtime, id, `await env.kv.put('a', 'b'); return env.kv.get('a')`), 'b')
    }
    assert.equal(ended, false, 'the others were answered while the endless one ran')
    await endless
    assert.equal(await run(answer), 1)
    assert.equal(await run(`return env.db.prepare("SELECT count(*) AS n FROM note").first('n')`), 2)
  })
})
