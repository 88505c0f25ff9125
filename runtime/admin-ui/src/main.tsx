// Starts the admin page. Invariant: a one-time sign-in code leaves the address bar before anything is rendered.

import '@mantine/core/styles.css'
import '@mantine/dropzone/styles.css'
import '@mantine/notifications/styles.css'
import './app/page.css'
import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { takeOneTimeCode } from './api/session.ts'
import { App } from './app/app.tsx'
import { createQueryClient } from './app/query-client.ts'
import { theme } from './app/theme.ts'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no element "root"')

const code = takeOneTimeCode()

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <ModalsProvider labels={{ confirm: 'Yes', cancel: 'Cancel' }}>
          <Notifications position="bottom-right" />
          <App code={code} />
        </ModalsProvider>
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
)
