import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { DEFAULT_CONFIG } from '../../runtime/config/config.ts'
import { configKeys, configRow, defaultOf, variableOf } from '../../runtime/config/config-keys.ts'
import {
  type ConfigSources,
  flagOf,
  loadConfig,
  loadConfigWithOrigins,
} from '../../runtime/config/config-sources.ts'
import { mainOrigin, publicAddresses } from '../../runtime/config/public-urls.ts'
import { PlugbayError } from '../../runtime/errors.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'plugbay-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

function file(content: unknown, name = 'plugbay.config.json'): void {
  writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content))
}

function refused(sources: Omit<ConfigSources, 'cwd'>): PlugbayError {
  try {
    loadConfig({ cwd, ...sources })
  } catch (error) {
    assert.ok(error instanceof PlugbayError)
    assert.equal(error.code, 'CONFIG_INVALID')
    return error
  }
  return assert.fail('the configuration was accepted')
}

describe('loadConfig()', () => {
  it('gives the defaults, with an absolute data folder', () => {
    assert.deepEqual(loadConfig({ cwd }), { ...DEFAULT_CONFIG, data: join(cwd, 'data') })
  })

  it('lets flags win over variables, and variables over the file', () => {
    file({ port: 1001, host: 'file', logLevel: 'warn' })
    const config = loadConfig({
      cwd,
      env: { PLUGBAY_PORT: '1002', PLUGBAY_HOST: 'variable' },
      flags: { port: '1003' },
    })
    assert.equal(config.port, 1003)
    assert.equal(config.host, 'variable')
    assert.equal(config.logLevel, 'warn')
  })

  it('reads keys in groups of groups, and lists of arguments as words', () => {
    file({ images: { args: { build: ['--label', 'a b'] }, insecureRegistries: ['127.0.0.1:5000'] } })
    const { images } = loadConfig({ cwd, env: { PLUGBAY_IMAGES_ARGS_ENGINE: '--storage-driver vfs' } })
    assert.deepEqual(images, {
      ...DEFAULT_CONFIG.images,
      args: { ...DEFAULT_CONFIG.images.args, engine: ['--storage-driver', 'vfs'], build: ['--label', 'a b'] },
      insecureRegistries: ['127.0.0.1:5000'],
    })
    assert.match(
      refused({ flags: { 'images.insecureRegistries': 'http://x' } }).message,
      /is not a list of registries/,
    )
    file({ images: { args: { bild: [] } } })
    assert.match(refused({}).message, /"images.args.bild"/)
  })

  it('reads nested keys from each source and leaves their neighbours alone', () => {
    file({ limits: { memoryMb: 100 }, sandbox: { idleMs: 5 } })
    const config = loadConfig({
      cwd,
      env: { PLUGBAY_SANDBOX_MAX_PROCESSES: '3' },
      flags: { 'limits.cpuMs': '7' },
    })
    assert.deepEqual(config.limits, { ...DEFAULT_CONFIG.limits, memoryMb: 100, cpuMs: 7 })
    assert.deepEqual(config.sandbox, { ...DEFAULT_CONFIG.sandbox, idleMs: 5, maxProcesses: 3 })
  })

  it('starts relative paths from the file that names them, or from the working folder', () => {
    file({ data: 'a' })
    assert.equal(loadConfig({ cwd, env: {} }).data, join(cwd, 'a'))
    assert.equal(loadConfig({ cwd, flags: { data: 'b' } }).data, join(cwd, 'b'))
    const elsewhere = mkdtempSync(join(tmpdir(), 'plugbay-config-'))
    try {
      assert.equal(
        loadConfig({ cwd: elsewhere, file: join(cwd, 'plugbay.config.json') }).data,
        join(cwd, 'a'),
      )
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })

  it('reads the file that PLUGBAY_CONFIG or the caller names, and then it must exist', () => {
    file({ port: 5 }, 'other.json')
    assert.equal(loadConfig({ cwd, env: { PLUGBAY_CONFIG: 'other.json' } }).port, 5)
    assert.equal(loadConfig({ cwd, file: 'other.json' }).port, 5)
    assert.match(refused({ file: 'missing.json' }).message, /missing\.json" cannot be read \(ENOENT\)/)
  })

  it('names the place of every wrong value, all at once', () => {
    file({ port: 'many', limits: { memoryMb: 1.5 } })
    const error = refused({ env: { PLUGBAY_TRUST_PROXY: 'perhaps' }, flags: { logLevel: 'loud' } })
    const messages = error.problems.map((problem) => problem.message)
    assert.equal(messages.length, 4)
    assert.match(
      messages[0] ?? '',
      /"port" in .*plugbay\.config\.json: "many" is not a whole number from 0 to 65535/,
    )
    assert.match(messages[1] ?? '', /"limits\.memoryMb" in .*: 1\.5 is not a whole number/)
    assert.match(messages[2] ?? '', /variable PLUGBAY_TRUST_PROXY: "perhaps" is not true or false/)
    assert.match(messages[3] ?? '', /flag --log-level: "loud" is not one of "debug"/)
  })

  it('says which key was meant', () => {
    file({ prot: 1, limits: { memoryMB: 1, memorx: 1 } })
    const error = refused({ env: { PLUGBAY_HOTS: 'x' } })
    assert.deepEqual(
      error.problems.map((problem) => problem.hint),
      [
        'Did you mean "port"?',
        'Did you mean "limits.memoryMb"?',
        'Did you mean "limits.memoryMb"?',
        'Did you mean "PLUGBAY_HOST"?',
      ],
    )
  })

  it('refuses a file that is not JSON, or not an object', () => {
    file('{ "port": 1, }')
    assert.match(refused({}).message, /is not valid JSON/)
    file('[1]')
    assert.match(refused({}).message, /must hold one object/)
    file({ limits: 5 })
    assert.match(refused({}).message, /"limits" in/)
  })

  it('is not fooled by keys of Object.prototype', () => {
    file('{"__proto__": {"port": 1}, "constructor": 1}')
    assert.equal(refused({}).problems.length, 2)
    assert.equal(refused({ flags: { toString: 1 } }).problems.length, 3)
  })

  it('says where each value comes from', () => {
    file({ port: 5, limits: { memoryMb: 16 } })
    const env = { PLUGBAY_LIMITS_MEMORY_MB: '32' }
    const { origins } = loadConfigWithOrigins({ cwd, env, flags: { 'tasks.maxOpen': 3 } })
    assert.deepEqual(origins, {
      port: { kind: 'file', name: join(cwd, 'plugbay.config.json') },
      'limits.memoryMb': { kind: 'variable', name: 'PLUGBAY_LIMITS_MEMORY_MB' },
      'tasks.maxOpen': { kind: 'flag', name: '--set tasks.maxOpen' },
    })
  })

  it('leaves variables alone that are not configuration', () => {
    const env = {
      PLUGBAY_URL: 'x',
      PLUGBAY_TOKEN: 'x',
      PLUGBAY_SETTING_A_B: 'x',
      PLUGBAY_SERVICE_HOST: 'x',
      PLUGBAY_PORT_3000_TCP: 'x',
      PATH: 'x',
    }
    assert.deepEqual(loadConfig({ cwd, env }).port, 3000)
  })

  it('explains the variable that Kubernetes sets', () => {
    assert.match(
      refused({ env: { PLUGBAY_PORT: 'tcp://10.0.0.1:3000' } }).problems[0]?.hint ?? '',
      /enableServiceLinks/,
    )
  })

  it('keeps secrets out of its messages', () => {
    const error = refused({ env: { PLUGBAY_ADMIN_TOKEN: 'pass word' } })
    assert.doesNotMatch(JSON.stringify(error.problems) + error.message, /pass word/)
  })

  it('makes origins, domains and languages canonical', () => {
    const config = loadConfig({
      cwd,
      flags: {
        publicUrl: 'https://Media.Example.org:443/',
        pluginDomain: 'P.example.ORG',
        languages: 'en, fr-ca',
      },
    })
    assert.equal(config.publicUrl, 'https://media.example.org')
    assert.equal(config.pluginDomain, 'p.example.org')
    assert.deepEqual(config.languages, ['en', 'fr-CA'])
    for (const publicUrl of ['ftp://x', 'https://x/path', 'https://u@x', 'x'])
      refused({ flags: { publicUrl } })
    for (const pluginDomain of ['-a', 'a..b', 'a b']) refused({ flags: { pluginDomain } })
    for (const languages of ['', 'not a tag']) refused({ flags: { languages } })
  })

  it('reads several public URLs, from text and from the file, each with a plugin domain or without', () => {
    const several = [
      { url: 'https://a.example', pluginDomain: 'p.example' },
      { url: 'http://nas.local:3000', pluginDomain: null },
    ]
    const text = 'https://A.example/ P.example, http://nas.local:3000,'
    assert.deepEqual(loadConfig({ cwd, env: { PLUGBAY_PUBLIC_URLS: text } }).publicUrls, several)
    file({ publicUrls: [{ url: 'https://a.example', pluginDomain: 'p.example' }, 'http://nas.local:3000'] })
    const config = loadConfig({ cwd, flags: { publicUrl: 'https://main.example' } })
    assert.deepEqual(config.publicUrls, several)
    assert.deepEqual(
      publicAddresses({ ...config, pluginDomain: 'q.example' }).map((each) => [
        each.url.origin,
        each.pluginDomain,
      ]),
      [
        ['https://main.example', 'q.example'],
        ['https://a.example', 'p.example'],
        ['http://nas.local:3000', null],
      ],
    )
    assert.equal(mainOrigin(config), 'https://main.example')
    assert.equal(mainOrigin({ ...config, publicUrl: null }), 'https://a.example')
    for (const wrong of ['x', 'https://a.example/path', 'https://a.example p q', 'https://a.example -p', 7])
      refused({ flags: { publicUrls: wrong } })
    for (const wrong of [
      {},
      { url: 'https://a.example', port: 1 },
      { url: 'https://a.example', pluginDomain: 7 },
    ])
      refused({ flags: { publicUrls: [wrong] } })
  })

  it('reads a base path, and says where the path of a public URL belongs', () => {
    const read = (basePath: unknown) => loadConfig({ cwd, flags: { basePath } }).basePath
    assert.equal(read('/tools/plugbay/'), '/tools/plugbay')
    assert.equal(read('/'), '')
    assert.equal(read(''), '')
    for (const basePath of ['tools', '//a', '/a//b', '/a/../b', '/a b', '/ä', 7])
      refused({ flags: { basePath } })
    assert.match(refused({ flags: { publicUrl: 'https://a.example/tools' } }).message, /"basePath"/)
  })

  it('takes response headers by name or beginning, but no policies and none of the connection', () => {
    const allowedHeaders = (value: unknown) =>
      loadConfig({ cwd, flags: { 'http.allowedHeaders': value } }).http.allowedHeaders
    assert.deepEqual(allowedHeaders('X-Acme-Region, x-acme-debug-*,'), ['x-acme-region', 'x-acme-debug-*'])
    assert.deepEqual(allowedHeaders(''), [])
    for (const refusedName of [
      'x y',
      '*',
      'a*b',
      'x-frame-options',
      'content-security-policy',
      'connection',
      7,
    ])
      refused({ flags: { 'http.allowedHeaders': refusedName } })
  })

  it('takes null and an empty variable for "none" where a key is optional', () => {
    file({ publicUrl: 'https://a.example' })
    assert.equal(loadConfig({ cwd, env: { PLUGBAY_PUBLIC_URL: '' } }).publicUrl, null)
    refused({ env: { PLUGBAY_HOST: '' } })
  })
})

describe('docs/configuration.md', () => {
  it('lists exactly the keys, variables, flags, defaults and meanings of the table', async () => {
    const text = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| `'))
    const expected = configKeys().map((key) => {
      const value = key === 'data' ? './data' : defaultOf(key)
      const written = Array.isArray(value) ? value.join(',') : String(value ?? '')
      const shown = written === '' ? 'none' : `\`${written}\``
      const flag = configRow(key).rule.kind === 'secret' ? '–' : `\`${flagOf(key)}\``
      return `| \`${key}\` | \`${variableOf(key)}\` | ${flag} | ${shown} | ${configRow(key).meaning} |`
    })
    assert.deepEqual(rows, expected)
  })
})

describe('didYouMean()', () => {
  it('finds slips and nothing far away', () => {
    assert.equal(didYouMean('enabel', ['enable', 'disable']), 'enable')
    assert.equal(didYouMean('zebra', ['enable', 'disable']), undefined)
  })
})
