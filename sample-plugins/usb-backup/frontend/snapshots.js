// The snapshots of the chosen drive, and the dialog that restores one.

import { readSnapshots, restore } from './api.js'
import { $, element } from './element.js'
import { files, size, time } from './words.js'

let asked = null

export async function showSnapshots(drive, { isBusy, act }) {
  $('snapshots').hidden = drive === null
  if (drive === null) return
  const { snapshots, damaged } = await readSnapshots(drive)
  $('damaged').hidden = damaged.length === 0
  $('damaged').textContent = `Damaged: ${damaged.join(', ')}`
  $('no-snapshots').hidden = snapshots.length > 0
  $('verify').disabled = isBusy || snapshots.length === 0
  $('snapshot-list').replaceChildren(
    ...snapshots.map((snapshot) => {
      const button = element('button', { type: 'button', className: 'quiet', textContent: 'Restore…' })
      button.disabled = isBusy || !snapshot.readable
      button.onclick = () => ask(drive, snapshot, act)
      return element(
        'li',
        {},
        element(
          'div',
          { className: 'words' },
          element('strong', {}, time(snapshot.at)),
          element('small', { className: 'numbers' }, words(snapshot)),
        ),
        button,
      )
    }),
  )
}

function words({ files: count, bytes, added, encrypted, readable }) {
  const facts = [files(count), size(bytes), `${size(added)} new`, encrypted ? 'encrypted' : null]
  if (!readable) facts.push('made by a newer version of this plugin')
  return facts.filter(Boolean).join(' · ')
}

function ask(drive, snapshot, act) {
  asked = { drive, snapshot, act }
  $('restore-at').textContent = time(snapshot.at)
  $('restore-sources').replaceChildren(
    element('legend', {}, 'Put back'),
    ...snapshot.sources.map(({ name, title, files: count, bytes }) =>
      element(
        'label',
        {},
        element('input', { type: 'checkbox', value: name, checked: true }),
        element('span', {}, title, element('br'), element('small', {}, `${files(count)} · ${size(bytes)}`)),
      ),
    ),
  )
  $('restore-secret').value = ''
  $('restore-secret-field').hidden = !snapshot.locked
  $('restore-problem').hidden = true
  $('restore').showModal()
}

$('restore-form').addEventListener('submit', async (event) => {
  if (event.submitter?.value !== 'restore') return
  // Closed when the server has accepted it: a wrong passphrase can be typed again.
  event.preventDefault()
  const { drive, snapshot, act } = asked
  const sources = [...$('restore-sources').querySelectorAll('input:checked')].map(({ value }) => value)
  try {
    if (sources.length === 0) throw new Error('Choose what is put back')
    await restore({ drive, snapshot: snapshot.id, sources, secret: $('restore-secret').value })
    $('restore').close()
    await act(async () => undefined)
  } catch (error) {
    $('restore-problem').hidden = false
    $('restore-problem').textContent = error.message
  }
})
