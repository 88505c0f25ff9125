// The cards of the drives: which one is chosen, how full it is, and whether it is backed up when it appears.

import { backUp, setAutomatic } from './api.js'
import { $, element } from './element.js'
import { size } from './words.js'

let chosen = null

export const chosenDrive = () => chosen

/** @param act runs what a button does, and shows what goes wrong */
export function showDrives(drives, { isBusy, act, changed }) {
  if (!drives.some(({ id }) => id === chosen)) {
    chosen = (drives.find(({ writable }) => writable) ?? drives[0])?.id ?? null
    changed()
  }
  $('no-drives').hidden = drives.length > 0
  $('drives').replaceChildren(...drives.map((drive) => card(drive, { isBusy, act, changed })))
}

function card(drive, { isBusy, act, changed }) {
  const { id, name, maker, filesystem, writable, automatic, unfinished, freeBytes, totalBytes } = drive
  const choice = element('input', { type: 'radio', name: 'drive', checked: id === chosen, id: `drive-${id}` })
  choice.onchange = () => {
    chosen = id
    changed()
  }
  const used = totalBytes - freeBytes
  const meter = element('meter', { min: 0, max: totalBytes, high: totalBytes * 0.9, optimum: 0, value: used })
  meter.ariaLabel = `${name}: how full it is`
  const button = element('button', {
    type: 'button',
    disabled: isBusy || !writable,
    textContent: 'Back up now',
  })
  button.onclick = () => act(() => backUp(id))
  const toggle = element('input', { type: 'checkbox', checked: automatic, disabled: !writable })
  toggle.onchange = () => act(() => setAutomatic(id, toggle.checked))
  const isOpen = unfinished && !isBusy
  const note = isOpen
    ? element('small', { className: 'bad' }, element('br'), 'The last backup was not completed')
    : ''
  return element(
    'div',
    { className: 'drive' },
    element('label', { className: 'name', htmlFor: choice.id }, choice, name),
    element(
      'small',
      {},
      [maker, filesystem, writable ? null : 'read-only'].filter(Boolean).join(' · ') ||
        'Folder of the server',
    ),
    meter,
    element('small', { className: 'numbers' }, `${size(freeBytes)} of ${size(totalBytes)} free`),
    element(
      'label',
      { className: 'automatic' },
      toggle,
      element('span', {}, 'Back up when it is plugged in, and every night', note),
    ),
    button,
  )
}
