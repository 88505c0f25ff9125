// Backends that try to make esbuild look at the machine: one for each way in which it reads files by itself.

/** Files of a package, by path; "FOLDER" stands for a folder of the machine. */
export type Sources = Readonly<Record<string, string>>

const inline = (map: object): string =>
  `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
const map = (more: object): object => ({ version: 3, sources: [], names: [], mappings: 'AAAA', ...more })
const backend = (code: string): Sources => ({ 'backend/index.ts': `${code}\nexport default {}\n` })
const up = '../'.repeat(12)

/** Folded by esbuild, so that no text shows where the path begins. */
const HIDDEN = `enum Dot { Two = '..' , Up = Two + '/' + Two + '/' }`

export const HOSTILE: Readonly<Record<string, Sources>> = {
  'import() of a template': backend(`export const f = (n: string) => import(\`${up}FOLDER/\${n}\`)`),
  'import() of a sum': backend(`export const f = (n: string) => import('${up}FOLDER/' + n)`),
  'import() of a sum behind brackets and a comment': backend(
    `export const f = (n: string) => import(/* x */ (('.') + './${up}FOLDER/' + n))`,
  ),
  'import() of a constant of TypeScript': backend(
    `${HIDDEN}\nexport const f = (n: string) => import(Dot.Up + '${up}FOLDER/' + n)`,
  ),
  'import() with escapes in its name': backend(
    `export const f = (n: string) => import('\\x2e\\x2e/${up}FOLDER/' + n)`,
  ),
  'import() of one of two': backend(
    `export const f = (n: string) => import(n ? \`${up}FOLDER/\${n}\` : '${up}FOLDER/a' + n)`,
  ),
  'import() of its own folder': backend(`export const f = (n: string) => import(\`./\${n}\`)`),
  'import.source() of a sum': backend(`export const f = (n: string) => import.source('${up}FOLDER/' + n)`),
  'require() of a template': backend(`export const f = (n: string) => require(\`${up}FOLDER/\${n}\`)`),
  'require() written with escapes': backend(
    `export const f = (n: string) => r\\u0065qu\\u{69}re('${up}FOLDER/' + n)`,
  ),
  'require() behind brackets and a type': backend(
    `export const f = (n: string) => (require as any)!('${up}FOLDER/' + n)`,
  ),
  'require() where it may be missing': backend(
    `export const f = (n: string) => require?.('${up}FOLDER/' + n)`,
  ),
  'module.require()': {
    'backend/index.ts': `import * as a from './a.cjs'\nexport default a`,
    'backend/a.cjs': `exports.f = (n) => module.require('${up}FOLDER/' + n)`,
  },
  'module.require() by a name that is put together': {
    'backend/index.ts': `import * as a from './a.cjs'\nexport default a`,
    'backend/a.cjs': `exports.f = (n) => (module)['requ' + 'ire']('${up}FOLDER/' + n)\nconst require = 1`,
  },
  'module.require() by an element': {
    'backend/index.ts': `import * as a from './a.cjs'\nexport default a`,
    'backend/a.cjs': `exports.f = (n) => module[\`require\`]('${up}FOLDER/' + n)`,
  },
  'module.require() by a constant of TypeScript': {
    'backend/index.ts': `import * as a from './a.cts'\nexport default a`,
    'backend/a.cts': `const enum Name { Is = 'require' }\nmodule.exports.f = (n) => (module as any)[Name.Is]?.('${up}FOLDER/' + n)`,
  },
  'require() in a try block of a carried package': {
    'backend/index.ts': `import 'carried'\nexport default {}`,
    'backend/node_modules/carried/package.json': '{"main":"main.js"}',
    'backend/node_modules/carried/main.js': `try { exports.f = (n) => require('${up}FOLDER/' + n) } catch {}`,
  },
  'require.resolve() of a sum': backend(
    `export const f = (n: string) => require.resolve('${up}FOLDER/' + n)`,
  ),
  'new URL() beside the module': backend(`export const f = new URL('${up}FOLDER/a', import.meta.url).href`),
  'JSX in a file': {
    'backend/index.tsx': `export const f = (n: string) => <a b={import('${up}FOLDER/' + n)} />\nexport default f`,
  },
  'a runtime of JSX elsewhere': {
    'backend/index.tsx': `/** @jsxImportSource ${up}FOLDER */\nexport const a = <a />\nexport default a`,
  },
  'an extended tsconfig.json': {
    ...backend(''),
    'tsconfig.json': `{"extends":"/FOLDER/tsconfig.json","compilerOptions":{"paths":{"*":["/FOLDER/*"]},"baseUrl":"/FOLDER"}}`,
  },
  'package.json that leads elsewhere': {
    ...backend(`import 'carried'`),
    'backend/node_modules/carried/package.json': `{"main":"/FOLDER/a","module":"${up}FOLDER/a","exports":{".":"./${up}FOLDER/a"},"browser":{"x":"/FOLDER/a"}}`,
  },
  'a file URL': backend(`import 'file:///FOLDER/a.js'`),
  'a package that is nowhere': backend(
    `export const f = () => import('nowhere')\nexport const g = () => require('no/where')`,
  ),
  'the map of a comment': backend(`/*# sourceMappingURL=file:///FOLDER/secret.map */`),
  'the map of a comment before the last line': backend(`//# sourceMappingURL=file:///FOLDER/secret.map \n//`),
  'the map of a comment on localhost': backend(`//@ sourceMappingURL=file://localhost/FOLDER/secret.map`),
  'a relative map': {
    'backend/index.ts': `export default {}\n//# sourceMappingURL=${up}FOLDER/secret.map\n`,
  },
  'a map without the content of its source': {
    'backend/index.ts': `export default {}\n${inline(map({ sources: ['file:///FOLDER/secret'] }))}\n`,
  },
  'a map with a null for the content': {
    'backend/index.ts': `export default {}\n${inline(map({ sources: ['file:///FOLDER/secret'], sourcesContent: [null] }))}\n`,
  },
  'a map with a root': {
    'backend/index.ts': `export default {}\n${inline(map({ sources: ['secret', './file:/FOLDER/secret'], sourceRoot: 'file:///FOLDER' }))}\n`,
  },
  'a map in sections': {
    'backend/index.ts': `export default {}\n${inline(map({ sections: [{ offset: { line: 0, column: 0 }, map: map({ sources: ['file:///FOLDER/secret'] }) }] }))}\n`,
  },
  'a map beside the file': {
    'backend/index.ts': 'export default {}\n//# sourceMappingURL=index.js.map\n',
    'backend/index.js.map': JSON.stringify(map({ sources: ['file:///FOLDER/secret'] })),
  },
  'references of a page and its styles': {
    ...backend(''),
    'frontend/index.html': `<!doctype html><link rel="stylesheet" href="a.css"><script src="${up}FOLDER/a.js"></script><script type="module">import('/FOLDER/a.js')</script>`,
    'frontend/a.css': `@import "${up}FOLDER/a.css"; @import url(file:///FOLDER/a.css); a { background: url(/FOLDER/a.png) }`,
    'frontend/a.js': `import('${up}FOLDER/a.js')\n//# sourceMappingURL=file:///FOLDER/secret.map\n`,
  },
}
