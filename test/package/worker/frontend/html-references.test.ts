import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanCss } from '../../../../runtime/package/worker/frontend/css-scan.ts'
import { frontendNames } from '../../../../runtime/package/worker/frontend/frontend-names.ts'
import { relativeCss, scanPage } from '../../../../runtime/package/worker/frontend/html-references.ts'
import { headPosition, scanHtml } from '../../../../runtime/package/worker/frontend/html-scan.ts'
import { scriptWarning } from '../../../../runtime/package/worker/frontend/script-references.ts'

const names = frontendNames(
  new Set([
    'index.html',
    'assets/app.js',
    'assets/app.css',
    'a b.png',
    'été.png',
    'docs/index.html',
    'x.png',
    'y.png',
  ]),
  true,
)

const relative = (html: string, path = 'index.html'): string => scanPage(path, html, names).relative ?? html

test('scanPage() makes root-absolute references to assets relative, however they are quoted', () => {
  assert.equal(relative('<script src="/assets/app.js"></script>'), '<script src="./assets/app.js"></script>')
  assert.equal(relative("<link href='/assets/app.css'>"), "<link href='./assets/app.css'>")
  assert.equal(relative('<IMG SRC=/x.png>'), '<IMG SRC=./x.png>')
  assert.equal(relative('<img src = " /x.png ">'), '<img src = " ./x.png ">')
  assert.equal(relative('<a href="/x.png?v=1#top">'), '<a href="./x.png?v=1#top">')
  assert.equal(relative('<img src="/a%20b.png">'), '<img src="./a%20b.png">')
  assert.equal(relative('<a href="/">home</a><a href="/docs/">'), '<a href="./">home</a><a href="./docs/">')
  assert.equal(relative('<form action="/api/entries">'), '<form action="./api/entries">')
  assert.equal(relative('<base href="/">'), '<base href="./">')
})

test('scanPage() counts the folders of the page', () => {
  assert.equal(relative('<img src="/x.png">', 'docs/more/page.html'), '<img src="../../x.png">')
})

test('scanPage() finds names in UTF-8 and keeps every other byte', () => {
  const html = Buffer.from('<p>é</p><img src="/été.png">').toString('latin1')
  assert.equal(Buffer.from(relative(html), 'latin1').toString(), '<p>é</p><img src="./été.png">')
})

test('scanPage() leaves alone what names nothing of the package', () => {
  for (const html of [
    '<a href="/admin/">',
    '<a href="//x.png">',
    '<script src="https://example.org/x.png"></script>',
    '<img alt="/x.png">',
    '<p>/x.png</p>',
    '<!-- <img src="/x.png"> -->',
    '<!doctype html SYSTEM "/x.png">',
    '<textarea><img src="/x.png"></textarea>',
    '<script>const html = \'<img src="/x.png">\'</script>',
    '<script><!-- <script> </script> <img src="/x.png"> --></script>',
    '<img src="/X.PNG">',
    '<img src="/%zz">',
    '<img src="/x.png',
  ]) {
    assert.equal(scanPage('index.html', html, names).relative, undefined, html)
  }
})

test('scanPage() rewrites each address of a source set', () => {
  assert.equal(
    relative('<img srcset="/x.png 1x, /y.png 2x,/nope.png 3x, /x.png">'),
    '<img srcset="./x.png 1x, ./y.png 2x,/nope.png 3x, ./x.png">',
  )
  assert.equal(relative('<source srcset="/x.png, /y.png">'), '<source srcset="./x.png, ./y.png">')
})

test('scanPage() rewrites addresses in style elements and attributes, and markup after odd comments', () => {
  assert.equal(
    relative('<style>a{background:url(/x.png)}</style><p style="background:url(\'/y.png\')">'),
    '<style>a{background:url(./x.png)}</style><p style="background:url(\'./y.png\')">',
  )
  assert.equal(relative('<!--><img src="/x.png">'), '<!--><img src="./x.png">')
  assert.equal(relative('<!-- a --!><img src="/x.png">'), '<!-- a --!><img src="./x.png">')
  assert.equal(relative('a < b <img src="/x.png">'), 'a < b <img src="./x.png">')
})

test('scanPage() says where tags may be put, and which base the page has', () => {
  const at = (html: string): string => {
    const { head } = scanPage('index.html', html, names).places
    return head === null ? 'nowhere' : `${html.slice(0, head)}|${html.slice(head)}`
  }
  assert.equal(
    at('<!doctype html><html><head lang="a>b"><title>'),
    '<!doctype html><html><head lang="a>b">|<title>',
  )
  assert.equal(at('<!-- <head> --><!doctype html><title>'), '<!-- <head> --><!doctype html>|<title>')
  assert.equal(at('<!doctype html><html lang=en><body>'), '<!doctype html><html lang=en>|<body>')
  assert.equal(at('<p>hello'), '|<p>hello')
  // The body has begun: a script there would run before what is put into the head.
  assert.equal(at('<header>x</header><head>'), '|<header>x</header><head>')
  assert.equal(at('\xff\xfe<\x00h\x00'), 'nowhere')
  const base = (html: string): string => scanPage('index.html', html, names).places.base
  assert.equal(base('<head><base target=x><base href="./">'), 'root')
  assert.equal(base('<head><base href="/else/">'), 'other')
  assert.equal(base('<head><!-- <base href="/else/"> -->'), 'none')
})

test('scanHtml() ends for hostile text of any kind', () => {
  for (const part of [
    '<',
    '<a ',
    '<a b="',
    '<!--',
    '</script',
    '<script><!--<script>',
    '<img srcset="(,,,,',
    "<p style='/*",
    '<![CDATA[',
  ]) {
    const html = part.repeat(20_000)
    assert.ok(headPosition(scanHtml(html)) >= 0)
    assert.ok(scanPage('a.html', html, names).places.base === 'none')
  }
})

test('relativeCss() rewrites url() and @import, not comments and other strings', () => {
  const css =
    '@import "/assets/app.css"; a{background:url( "/x.png" )} /* url(/x.png) */ b{content:"url(/x.png)"} c{src:url(/y.png?#x)}'
  assert.equal(
    relativeCss('assets/app.css', css, names),
    '@import "../assets/app.css"; a{background:url( "../x.png" )} /* url(/x.png) */ b{content:"url(/x.png)"} c{src:url(../y.png?#x)}',
  )
  assert.equal(relativeCss('a.css', 'a{background:url(x.png)}', names), undefined)
  assert.deepEqual(scanCss('a{content:"\\"url(/x.png)"} b{src:url('), [{ start: 37, end: 37 }])
})

test("scriptWarning() names the place of a root-absolute asset and of Vite's loader", () => {
  const found = scriptWarning('frontend/a.js', 'const a = 1\nfetch("/x.png?v=1")', names)
  assert.equal(found?.line, 2)
  assert.equal(found?.column, 7)
  assert.match(found?.hint ?? '', /base: '\.\/'/)
  assert.ok(scriptWarning('a.js', 'const l="modulepreload",u=function(e){return"/"+e}', names))
  assert.ok(scriptWarning('a.js', 'var l=`modulepreload`,u=function(e){return`/`+e}', names))
  for (const script of [
    'fetch("./x.png")',
    'a = "/"',
    'fetch("/other.json")',
    'return"/"+e',
    'a = "//x.png"',
    '"/x.png\'',
  ]) {
    assert.equal(scriptWarning('a.js', script, names), undefined, script)
  }
})
