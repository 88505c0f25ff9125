import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkImages } from '../../../../runtime/package/worker/manifest/check-images.ts'
import { checkFiles } from '../../../../runtime/package/worker/manifest/manifest-files.ts'

const found = (images: object, permissions: object = { images: 'build' }) =>
  checkImages({ contributes: { images }, permissions }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

describe('checkImages()', () => {
  it('takes names of images, and templates of them', () => {
    assert.deepEqual(
      found({ build: { a: 'a:1', b: '{{ R }}b' }, remote: { a: `a@sha256:${'0'.repeat(64)}` } }),
      [],
    )
    assert.deepEqual(found({ remote: { a: 'a' } }, { images: 'pull' }), [])
  })

  it('refuses a tag that is none, and a digest of what is yet to be built', () => {
    assert.deepEqual(found({ build: { a: '-x', b: `b@sha256:${'0'.repeat(64)}` }, remote: { c: 'C d' } }), [
      'contributes.images.build.a: "-x" is not the name of an image',
      'contributes.images.build.b: An image that is built has no digest before',
      'contributes.images.remote.c: "C d" is not the name of an image',
    ])
  })

  it('wants the permission that is needed', () => {
    assert.match(
      String(found({ build: { a: 'a' } }, { images: 'pull' })),
      /built only for a plugin that is granted/,
    )
    assert.match(String(found({ remote: { a: 'a' } }, {})), /pulled and pushed only/)
  })

  it('wants a Dockerfile for each image that is built', () => {
    const manifest = (templates?: string) => ({
      id: 'my-plugin',
      contributes: { images: { build: { demo: 'demo:1' } } },
      ...(templates !== undefined && { templates }),
    })
    const messages = (manifest_: object, paths: readonly string[]) =>
      checkFiles(manifest_, new Map(paths.map((path) => [path, { size: 1 }])) as never).problems.map(
        ({ message }) => message,
      )
    assert.deepEqual(messages(manifest('tpl'), ['tpl/my-plugin/build/demo/Dockerfile']), [])
    assert.match(
      String(messages(manifest('tpl'), ['tpl/my-plugin/build/demo/dockerfile'])),
      /no file "tpl\/my-plugin\/build\/demo\/Dockerfile"/,
    )
    assert.match(String(messages(manifest(), [])), /no file "templates\/my-plugin\/build\/demo\/Dockerfile"/)
  })
})
