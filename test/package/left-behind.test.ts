// What systems, editors and package managers leave beside the files of a plugin, and what only looks like it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLeftBehind } from '../../runtime/package/format/left-behind.ts'

test('what is left behind is known at any depth', () => {
  const names = `.DS_Store Thumbs.db desktop.ini ._index.js .nfs000000001 .directory .git .plugbay .svn .idea
    index.js~ .index.js.swp index.js.swo 4913 .#index.js #index.js# .~lock.table.ods# ~$report.docx index.js.bak
    index.js.orig index.js.rej index.js.kate-swp .goutputstream-ABC index.js___jb_tmp___`.split(/\s+/)
  for (const name of names)
    for (const path of [name, `backend/${name}`, `frontend/a/${name}`, `${name}/inner.txt`])
      assert.ok(isLeftBehind(path), path)
  for (const path of [
    'backend/node_modules/.bin/marked',
    'backend/node_modules/.pnpm',
    'node_modules/.package-lock.json',
  ])
    assert.ok(isLeftBehind(path), path)
  for (const path of ['notes-1.0.0.zip', 'notes-1.0.0.tgz', 'a.tar.gz']) assert.ok(isLeftBehind(path), path)
})

test('files of the author are not', () => {
  const paths =
    `manifest.json backend/index.ts frontend/.vite/manifest.json frontend/.well-known/security.txt frontend/sample.zip
    frontend/app.swf backend/node_modules/@scope/name/index.js frontend/origin.js backend/backup.ts frontend/~user/index.html
    frontend/a#b.txt frontend/thumbs.db.js locales/fr.json frontend/4913.html backend/.env`.split(/\s+/)
  for (const path of paths) assert.ok(!isLeftBehind(path), path)
})
