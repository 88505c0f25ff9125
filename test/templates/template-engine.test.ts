// What templates may say, and how errors in them are reported.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jobOf, openEngine, renderOne, renderValues } from './engine.ts'

describe('templates', () => {
  test('outputs are printed as Python prints them, and escaped by no file name', async (t) => {
    const engine = openEngine(t)
    const values = { ON: true, NO: null, LIST: ['a', 1, false], HTML: '<a "b">', NUMBER: 5, HALF: 2.5 }
    const line = '{{ ON }} {{ NO }} {{ LIST }} {{ HTML }} {{ NUMBER }} {{ HALF }} {{ NUMBER == 5 }}'
    for (const path of ['a.html', 'a.yml', 'a.json', 'a.js', 'a']) {
      const { texts } = await engine.render(jobOf({ values, templates: { [path]: line } }))
      assert.equal(texts.get(path), `True None ['a', 1, False] <a "b"> 5 2.5 True`, path)
    }
  })

  test('a file ends as its template does, and what it includes loses its last newline', async (t) => {
    const engine = openEngine(t)
    const { texts } = await engine.render(
      jobOf({
        templates: { a: 'x\n{% include "partials/b" %}\n', 'partials/b': 'b\n', c: 'c' },
        wanted: ['a', 'c'],
      }),
    )
    assert.equal(texts.get('a'), 'x\nb\n')
    assert.equal(texts.get('c'), 'c')
  })

  test('statements of Jinja that Tutor uses work', async (t) => {
    const engine = openEngine(t)
    const cases: readonly [string, string][] = [
      ['{% if A and not B %}yes{% elif B %}b{% else %}no{% endif %}', 'yes'],
      [
        '{% for x in LIST if x != "b" %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}',
        '1a,2c',
      ],
      ['{% set k | upper %}a{{ A }}{% endset %}{{ k }}', 'ATRUE'],
      ['{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}', '1213'],
      ['{% raw %}{{ x }}{% endraw %}{# {{ y }} #}', '{{ x }}'],
      ['{{ "https" if A else "http" }}://{{ URL.split("://")[1] }}', 'https://x.org'],
      ['a\n  {%- if A %}\n  b\n  {%- endif %}\nc', 'a\n  b\nc'],
      [
        '{{ "%s-%03d"|format("a", 7) }} {{ LIST|join("+") }} {{ {"b": 1, "a": [true, none]}|tojson }}',
        'a-007 a+b+c {"a": [true, null], "b": 1}',
      ],
      ['{{ "a\nb\n\nc\n"|indent(2) }}|{{ "a"|indent(width=2, first=true) }}', 'a\n  b\n\n  c\n|  a'],
      [
        '{{ UNKNOWN|default("d") }}{{ UNKNOWN is defined }}{% if UNKNOWN is not defined %}!{% endif %}',
        'dFalse!',
      ],
      [
        '{% for x in [[1],2] recursive %}{% if x is number %}{{ x }}{% else %}({{ loop(x) }}){% endif %}{% endfor %}',
        '(1)2',
      ],
      [
        '{{ {"a": {"b": 1}}["a"] }} {{ "}}" }} {{ LIST[1:] }} {{ (1 + 2) * 3 }} {{ A|string + "!" }}',
        "{'b': 1} }} ['b', 'c'] 9 True!",
      ],
      [
        '{% set ns = namespace(n=0) %}{% for x in LIST %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}',
        '3',
      ],
      ['{% filter upper %}a{% endfilter %}{% with a = 1 %}{{ a }}{% endwith %}', 'A1'],
    ]
    const values = { A: true, B: false, LIST: ['a', 'b', 'c'], URL: 'http://x.org' }
    for (const [template, expected] of cases) {
      const { text, messages } = await renderOne(engine, template, { values })
      assert.deepEqual(messages, [], template)
      assert.equal(text, expected, template)
    }
  })

  test('a value that is missing is named with its line, wherever it is used', async (t) => {
    const engine = openEngine(t)
    const values = { KNOWN: { a: 1 }, EMPTY: '' }
    const cases: readonly [string, string][] = [
      ['a\n{{ GONE }}', "Missing value: GONE in 'file.txt', line 2"],
      ['{{ GONE|upper }}', "Missing value: GONE in 'file.txt', line 1"],
      ['{{ KNOWN.b.c }}', "Missing value: KNOWN.b.c in 'file.txt', line 1"],
      ['{{ KNOWN.b|upper }}', "Missing value: KNOWN.b in 'file.txt', line 1"],
      ['{{ "a" ~ GONE }}', "Missing value: GONE in 'file.txt', line 1"],
      ['{{ GONE == 1 }}', "Missing value: GONE in 'file.txt', line 1"],
      ['{{ [GONE] }}', "Missing value: GONE in 'file.txt', line 1"],
      ['{{ patch("p" ~ GONE) }}', "Missing value: GONE in 'file.txt', line 1"],
      ['x\n\n{% if not GONE %}a{% endif %}', "Missing value: GONE in 'file.txt', line 3"],
      ['{% if EMPTY %}{% elif GONE %}a{% endif %}', "Missing value: GONE in 'file.txt', line 1"],
      ['{% for x in GONE %}{% endfor %}', "Missing value: GONE in 'file.txt', line 1"],
      ['{% set x = GONE ~ "a" %}', "Missing value: GONE in 'file.txt', line 1"],
      ['{% set x = GONE %}{{ x }}', "Missing value: x in 'file.txt', line 1"],
      ['{{\n  GONE }}', "Missing value: GONE in 'file.txt', line 2"],
    ]
    for (const [template, expected] of cases) {
      const { text, messages } = await renderOne(engine, template, { values })
      assert.equal(messages[0], expected, template)
      assert.equal(text, undefined, template)
    }
    const fine = await renderOne(
      engine,
      '{{ 1 if not EMPTY else GONE }}{% if EMPTY %}{{ GONE|upper }}{% endif %}',
      { values },
    )
    assert.equal(fine.text, '1')
  })

  test('all missing values of a file are told at once', async (t) => {
    const { messages } = await renderOne(openEngine(t), '{{ A }}\n{{ B }}\n{{ A }}')
    assert.deepEqual(messages, [
      "Missing value: A in 'file.txt', line 1",
      "Missing value: B in 'file.txt', line 2",
      "Missing value: A in 'file.txt', line 3",
    ])
  })

  test('what is wrong in an included template has the line there', async (t) => {
    const engine = openEngine(t)
    const templates = {
      one: 'x\n{% include "two" %}',
      two: 'a\nb\n{% for x in GONE %}{% endfor %}',
      bad: 'a\n{% if %}',
    }
    const gone = await renderOne(engine, '{% include "one" %}', { templates })
    assert.deepEqual(gone.messages, ["Missing value: GONE in 'two', line 3"])
    const bad = await renderOne(engine, '{% include "bad" %}', { templates })
    assert.deepEqual(bad.messages, ["Syntax error: unexpected end of block in 'bad', line 2"])
    const absent = await renderOne(engine, '\n{% include "absent" %}', { templates })
    assert.match(absent.messages[0] ?? '', /^Template not found: .*"absent" in 'file\.txt', line 2$/)
  })

  test('syntax errors, unknown filters and functions are told with their lines', async (t) => {
    const engine = openEngine(t)
    const cases: readonly [string, RegExp][] = [
      ['a\n{% if %}', /^Syntax error: .* in 'file\.txt', line 2$/],
      ['{{ 1 + }}', /^Syntax error: .* line 1$/],
      ['{{ "a }}', /^Syntax error: .* line 1$/],
      ['{% for %}', /^Syntax error: .* line 1$/],
      ['\n{{ 1|nofilter }}', /^Unknown filter: .*nofilter.* line 2$/],
      ['\n{{ nofunction() }}', /^Unknown function: .*nofunction.* line 2$/],
      [
        '\n{{ "a"|random_string }}',
        /^random_string: not a whole number from 0 to 10000 in 'file\.txt', line 2$/,
      ],
    ]
    for (const [template, expected] of cases) {
      const { messages } = await renderOne(engine, template)
      assert.match(messages[0] ?? '', expected, template)
    }
  })
})

describe('patches', () => {
  test('are joined as Tutor joins them: rendered, in order, with separator and suffix', async (t) => {
    const engine = openEngine(t)
    const options = {
      values: { NAME: 'redis' },
      patches: { services: ['a: {{ NAME }}:\n', 'b: b:\n  image: b'], empty: ['a:', 'b:'] },
    }
    const cases: readonly [string, string][] = [
      ['{{ patch("services") }}', 'redis:\nb:\n  image: b'],
      ['  {{ patch("services")|indent(2) }}', '  redis:\n  b:\n    image: b'],
      ['{{ patch("services", separator=", ", suffix=";") }}', 'redis:, b:\n  image: b;'],
      ['{{ patch("services", ", ", ";") }}', 'redis:, b:\n  image: b;'],
      ['[{{ patch("none", suffix=";") }}]', '[]'],
      ['{% if patch("none") %}a{% else %}b{% endif %}', 'b'],
      ['{{ patch("empty", separator=",", suffix=";") }}', ',;'],
    ]
    for (const [template, expected] of cases)
      assert.equal((await renderOne(engine, template, options)).text, expected)
  })

  test('one with a missing value is named with its plugin and line', async (t) => {
    const { all } = await renderOne(openEngine(t), '{{ patch("services") }}', {
      patches: { services: ['good: a', 'bad: a\nb {{ REDIS_PORT }}'] },
    })
    assert.deepEqual(all.problems, [
      {
        message: "Missing value: REDIS_PORT in patch 'services' of plugin bad, line 2",
        owner: 'bad',
        patch: 'services',
        line: 2,
        file: 'file.txt',
      },
    ])
  })

  test('a patch may have patch points, and cannot go round in a circle', async (t) => {
    const engine = openEngine(t)
    const inner = { outer: ['a: [{{ patch("inner") }}]'], inner: ['b: x{% include "part" %}'] }
    const nested = await renderOne(engine, '{{ patch("outer") }}', {
      patches: inner,
      templates: { part: 'y' },
    })
    assert.equal(nested.text, '[xy]')
    const round = await renderOne(engine, '{{ patch("a") }}', {
      patches: { a: ['p: {{ patch("b") }}'], b: ['q: {{ patch("a") }}'] },
    })
    assert.match(
      round.messages[0] ?? '',
      /^More than 20 patches or values within each other in patch '[ab]' of plugin [pq]$/,
    )
  })

  test('the points that texts name are found, reached or not', async (t) => {
    const points = await openEngine(t).points(
      jobOf({
        templates: {
          a: 'x\n{% if patch("one") %}{% endif %}{{ patch(\'two\')|indent(2) }}',
          b: '{{ a.patch("no") }}',
        },
        patches: { one: ['p: \n{% raw %}{{ patch("raw") }}{% endraw %}{{ patch("three") }}'] },
      }),
    )
    assert.deepEqual(points, [
      { point: 'one', line: 2, file: 'a' },
      { point: 'two', line: 2, file: 'a' },
      { point: 'three', line: 1, patch: 'one', plugin: 'p' },
    ])
  })
})

describe('values', () => {
  test('may refer to each other in any order, inside lists and maps', async (t) => {
    const { rendered, problems } = await renderValues(openEngine(t), {
      URL: '{{ SCHEME }}://{{ HOST }}',
      HOST: 'www.{{ DOMAIN }}',
      DOMAIN: 'example.org',
      SCHEME: '{% if HTTPS %}https{% else %}http{% endif %}',
      HTTPS: true,
      NESTED: { list: ['{{ HOST }}', 5], plain: null },
      DOMAINS: '{{ iter_values_named(suffix="OST")|join(",") }}',
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(rendered, {
      URL: 'https://www.example.org',
      HOST: 'www.example.org',
      DOMAIN: 'example.org',
      SCHEME: 'https',
      HTTPS: true,
      NESTED: { list: ['www.example.org', 5], plain: null },
      DOMAINS: 'www.example.org',
    })
  })

  test('a circle is named, and costs only those that need it', async (t) => {
    const { rendered, problems } = await renderValues(
      openEngine(t),
      { A: '{{ B }}', B: '{{ C.x }}', C: { x: '{{ A }}' }, D: '{{ A }}', E: 'e', F: '{{ F }}' },
      { A: 'one', B: 'two', F: 'user' },
    )
    assert.deepEqual(rendered, { E: 'e' })
    const messages = problems.map(({ key, owner, message }) => ({ key, owner, message }))
    const circle = 'The values refer to each other: A → B → C → A, in value'
    assert.deepEqual(messages, [
      { key: 'A', owner: 'one', message: `${circle} A of plugin one` },
      { key: 'B', owner: 'two', message: `${circle} B of plugin two` },
      { key: 'C', owner: 'host', message: `${circle} C` },
      { key: 'D', owner: 'host', message: 'Needs A, which has a problem, in value D' },
      { key: 'F', owner: 'user', message: 'The values refer to each other: F → F, in value F of the user' },
    ])
  })

  test('a missing or broken one is named with its owner and line', async (t) => {
    const { rendered, problems } = await renderValues(
      openEngine(t),
      { GOOD: 'a{b', ONE: 'a\n{{ GONE }}', TWO: '{% if %}', THREE: '{{ patch("x") }}' },
      { ONE: 'redis' },
    )
    assert.deepEqual(rendered, { GOOD: 'a{b' })
    assert.deepEqual(problems, [
      {
        message: 'Missing value: GONE in value ONE of plugin redis, line 2',
        owner: 'redis',
        key: 'ONE',
        line: 2,
      },
      {
        message: 'Syntax error: unexpected end of block in value TWO, line 1',
        owner: 'host',
        key: 'TWO',
        line: 1,
      },
      { message: 'patch: not known in values in value THREE, line 1', owner: 'host', key: 'THREE', line: 1 },
    ])
  })

  test('names of prototypes are names like others', async (t) => {
    const values = JSON.parse(
      '{"__proto__": "a", "constructor": "{{ __proto__ }}b", "C": "{{ toString|default(1) }}"}',
    )
    const { rendered, problems } = await renderValues(openEngine(t), values)
    assert.deepEqual(problems, [])
    assert.deepEqual(Object.entries(rendered), [
      ['__proto__', 'a'],
      ['constructor', 'ab'],
      ['C', '1'],
    ])
  })
})
