// Fills the pages of the timeline and of the members from the path of the backend of the same name.

import { ask } from './backend.js'
import { row } from './rows.js'

const { report } = document.querySelector('main').dataset
const { title, rows } = await (await ask(`${report}${location.search}`)).json()

document.querySelector('#title').textContent = title ?? ''
document.querySelector('#rows').append(...rows.map(([name, count]) => row(name, count)))
