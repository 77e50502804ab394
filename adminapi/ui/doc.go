// Package ui holds what browsers and JavaScript programs load from an admin
// API: the dashboard, and the client that it is built on. All of it is
// embedded, nothing is built or fetched, and nothing in it depends on where
// the API is mounted.
//
//	files := ui.Files()
//	client, err := fs.ReadFile(files, "client.js")
//
// Package adminapi serves these files with the headers that they need; there
// is seldom a reason to serve them otherwise. In index.html the element
// <base href="./"> stands for the folder of the API, from which all else is
// loaded by relative names; whoever serves the page puts the right folder
// there.
//
// The dashboard is ES modules of one noun each, as they are sent. It begins in
// main.js, which puts them together: view.js is the filter and what is opened,
// as the address has it; tail.js fills rows.js with what the API gives, and
// list.js shows those of them that are in sight; poll.js asks for everything
// else. What comes from the API becomes text by dom.js, never markup. It talks
// to the API by client.js alone.
package ui
