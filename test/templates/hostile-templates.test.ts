// Templates of plugins are hostile: each attempt ends as a problem that names it, and the next template is rendered.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { jobOf, openEngine, renderOne, renderValues } from './engine.ts'

const ATTEMPTS: readonly (readonly [string, string, RegExp])[] = [
  ['a long range', '{% for x in range(10**9) %}{% endfor %}', /range has too many elements/],
  [
    'nested loops',
    '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}',
    /More work than a template may do/,
  ],
  ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', /recursion|nesting/i],
  ['an include of itself', '{% include "file.txt" %}', /More than 20 templates within each other/],
  ['the constructor of a text', `{{ "".constructor.constructor("return process.pid")() }}`, /./],
  ['the prototype of a map', '{{ {}.__proto__.polluted }}', /./],
  ['the constructor of a function', `{{ range.constructor("return process.pid")() }}`, /./],
  ['a computed member', `{{ patch["con" ~ "structor"]("return 1")() }}`, /./],
  ['attr', `{{ (""|attr("constructor"))("return 1")() }}`, /./],
  [
    '100 MB of output',
    '{% for x in range(1000) %}{{ "x" * 100000 }}{% endfor %}',
    /More than 1000000 bytes of output|More memory/,
  ],
  ['a text of a gigabyte', '{{ "x" * 10**9 }}', /More memory or nesting/],
  [
    'doubling',
    `{% set ns = namespace(s="xxxxxxxx") %}{% for x in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s|length }}`,
    /More memory or nesting|More work/,
  ],
  ['replacing', '{{ ("x" * 10000)|replace("x", "y" * 100000) }}', /More memory or nesting/],
  [
    '20,000 brackets',
    `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
    /Syntax error|More memory or nesting/,
  ],
  [
    '20,000 conditions',
    `${'{% if 1 %}'.repeat(20_000)}${'{% endif %}'.repeat(20_000)}`,
    /Syntax error|More memory or nesting/,
  ],
  ['quotes that never end', `{{ "${'\\"'.repeat(200_000)}`, /Syntax error|More memory or nesting/],
  ['a long random text', '{{ 1000000000|random_string }}', /random_string: not a whole number/],
  ['a large key', '{{ 1000000|rsa_private_key }}', /rsa_private_key: not a whole number/],
  ['a wide indent', '{{ "a\nb"|indent(1000000000) }}', /indent: not a whole number/],
]

describe('hostile templates', () => {
  for (const [name, template, expected] of ATTEMPTS)
    test(`${name} is a problem, and the next template is rendered`, async (t) => {
      const engine = openEngine(t)
      const { text, messages } = await renderOne(engine, template)
      assert.equal(text, undefined)
      assert.match(messages[0] ?? '', expected)
      assert.match(messages[0] ?? '', /file\.txt/)
      assert.doesNotMatch(messages.join(), new RegExp(`\\b${process.pid}\\b`))
      assert.equal((await renderOne(engine, '{{ 1 + 1 }}')).text, '2')
    })

  test('memory of the process stays bounded', async (t) => {
    const engine = openEngine(t)
    await renderOne(engine, `{{ ("x" * 20000000)|length }}`)
    const { pid } = engine
    assert.ok(pid !== undefined)
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    assert.ok(Number(peak) < 600_000, `${peak} kB`)
  })

  test('one that hangs is ended by its deadline and named, and the others are rendered', async (t) => {
    const engine = openEngine(t, { deadlineMs: 3000 })
    const hang = '{% for x in range(99999) %}{{ range(9000)|sort|length }}{% endfor %}'
    const { texts, problems } = await engine.render(
      jobOf({
        templates: { a: 'a', hang, b: '{{ patch("p") }}', c: 'c' },
        patches: { p: ['good: g', `bad: ${hang}`] },
      }),
    )
    assert.deepEqual(
      [...texts],
      [
        ['a', 'a'],
        ['c', 'c'],
      ],
    )
    assert.deepEqual(
      problems.map(({ file, owner }) => ({ file, owner })),
      [
        { file: 'hang', owner: 'host' },
        { file: 'b', owner: 'bad' },
      ],
    )
  })

  test('values that hang cost only their owner', async (t) => {
    const engine = openEngine(t, { deadlineMs: 3000 })
    const hang = '{% for x in range(9000) %}{{ range(9000)|sort|length }}{% endfor %}'
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`BAD_${index}`, hang]))
    const owners = Object.fromEntries(Object.keys(many).map((key) => [key, 'bad']))
    const { rendered, problems } = await renderValues(engine, { ...many, GOOD: '{{ 1 + 1 }}' }, owners)
    assert.deepEqual(rendered, { GOOD: '2' })
    assert.deepEqual(problems, [{ message: 'The values of bad take too long to render', owner: 'bad' }])
  })

  test('a text that is too long is left out, and named', async (t) => {
    const engine = openEngine(t)
    const long = 'x'.repeat(1_000_001)
    const { texts, problems } = await engine.render(
      jobOf({ templates: { long, a: '{{ patch("p") }}' }, patches: { p: [`q: ${long}`, 'r: r'] } }),
    )
    assert.deepEqual([...texts], [['a', 'r']])
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        "The patch 'p' of plugin q is longer than 1000000 bytes",
        "The template 'long' is longer than 1000000 bytes",
      ],
    )
  })

  test('memory of the engine is given back after each rendering', async (t) => {
    const engine = openEngine(t)
    const text = '{{ A }}\n'.repeat(200)
    const templates = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, text]))
    await engine.render(jobOf({ templates: { a: '1' } }))
    const { pid } = engine
    for (let turn = 0; turn < 8; turn++)
      assert.deepEqual((await engine.render(jobOf({ templates, values: { A: 'a' } }))).problems, [])
    assert.equal(engine.pid, pid)
  })

  test('many files come in several answers', async (t) => {
    const templates = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`f${index}`, `${index}${'é'.repeat(150_000)}`]),
    )
    const { texts, problems } = await openEngine(t).render(jobOf({ templates }))
    assert.deepEqual(problems, [])
    assert.deepEqual(Object.fromEntries(texts), templates)
  })
})
