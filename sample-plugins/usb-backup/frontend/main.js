// Asks for the state every second while the page is visible, and shows it.

import { cancel, readState, setPassphrase, stopEncrypting, verify } from './api.js'
import { chosenDrive, showDrives } from './drives.js'
import { $, element } from './element.js'
import { showSnapshots } from './snapshots.js'
import { encryption, isOpen, jobName, jobState, time } from './words.js'

const PERIOD_MS = 1000
/** What was shown: nothing new, nothing touched, so that a focus or a selection stays. */
const shown = { drives: '', jobs: '', snapshots: '' }
let state = null
/** A problem stays for a while, although the page goes on. */
let shownUntil = 0
const PROBLEM_MS = 10_000

async function refresh() {
  try {
    state = await readState()
    if (Date.now() > shownUntil) $('status').hidden = true
    await show()
  } catch (error) {
    problem(error)
  }
}

async function show() {
  const { drives, jobs, sources } = state
  const [open] = jobs.filter(isOpen).toReversed()
  const isBusy = open !== undefined
  showRun(open)
  if (isNew('drives', [drives, isBusy])) showDrives(drives, { isBusy, act, changed: () => showChosen() })
  if (isNew('jobs', jobs)) showHistory(jobs.filter((job) => !isOpen(job)))
  if (sources.length > 0)
    $('contents').textContent = sources.map(({ title, name }) => title ?? name).join(' · ')
  showEncryption(state.encryption)
  await showChosen()
}

async function showChosen() {
  const isBusy = state.jobs.some(isOpen)
  const finished = state.jobs.find((job) => !isOpen(job))?.id
  if (isNew('snapshots', [chosenDrive(), isBusy, finished]))
    await showSnapshots(chosenDrive(), { isBusy, act }).catch((error) => {
      shown.snapshots = ''
      throw error
    })
}

function isNew(part, value) {
  const text = JSON.stringify(value)
  if (shown[part] === text) return false
  shown[part] = text
  return true
}

function showRun(job) {
  $('run').hidden = job === undefined
  if (job === undefined) return
  const drive = state.drives.find(({ id }) => id === job.drive)
  $('run-title').textContent = `${jobName(job)}${drive ? `: ${drive.name}` : ''}`
  $('run-words').textContent = job.message ?? (job.state === 'waiting' ? 'Waits for its turn' : 'Begins')
  if (job.progress) $('run-bar').value = job.progress
  else $('run-bar').removeAttribute('value')
  $('run-cancel').disabled = job.state === 'cancelling'
  $('run-cancel').onclick = () => act(() => cancel(job.id))
}

function showHistory(jobs) {
  $('no-history').hidden = jobs.length > 0
  $('history').replaceChildren(
    ...jobs.slice(0, 10).map((job) => {
      const item = element(
        'li',
        {},
        element(
          'div',
          { className: 'words' },
          element(
            'span',
            {},
            element('strong', {}, jobName(job)),
            ' ',
            element('span', { className: 'state' }, jobState(job)),
          ),
          element('small', {}, job.problem ?? job.message ?? ''),
        ),
        element('small', {}, time(job.at)),
      )
      item.dataset.state = job.state
      return item
    }),
  )
}

function showEncryption(chosen) {
  $('encryption-words').textContent = encryption(chosen)
  $('encryption-form').hidden = chosen.kind === 'recipient'
  $('encryption-set').textContent = chosen.kind === 'passphrase' ? 'Change the passphrase' : 'Encrypt backups'
  $('encryption-stop').hidden = chosen.kind !== 'passphrase'
}

/** Does what a button says, and shows what has become of it. */
async function act(work) {
  try {
    shownUntil = 0
    await work()
    await refresh()
  } catch (error) {
    shownUntil = Date.now() + PROBLEM_MS
    problem(error)
  }
}

function problem(error) {
  $('status').hidden = false
  $('status').textContent = error.message
}

$('verify').onclick = () => act(() => verify(chosenDrive()))
$('encryption-stop').onclick = () => act(stopEncrypting)
$('encryption-form').addEventListener('submit', (event) => {
  event.preventDefault()
  act(async () => {
    await setPassphrase($('passphrase').value)
    $('passphrase').value = ''
  })
})

async function run() {
  if (!document.hidden) await refresh()
  setTimeout(run, PERIOD_MS)
}

run()
