export const administrator = {
  email: 'ada@site.example',
  password: 'a lamp beside an open window',
} as const
