import './style.css'
import { askBackend } from './backend.js'

const answer = document.querySelector('#answer')

document.querySelector('#ask').addEventListener('click', async () => {
  answer.textContent = '…'
  try {
    answer.textContent = JSON.stringify(await askBackend())
  } catch (error) {
    answer.textContent = `It failed: ${error.message}`
  }
})
