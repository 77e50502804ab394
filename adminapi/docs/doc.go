// Package docs shows the admin API's description in Swagger UI, and lets a
// person try its endpoints there. It is a package of its own so that only who
// asks for it links the half megabyte that Swagger UI takes.
//
//	api, err := adminapi.New(adminapi.Options{Store: store, Docs: docs.Handler(docs.Options{})})
//
// Then open http://localhost:8000/action-logs/docs.
//
// # Caveats
//
// Everything comes from this program; nothing is loaded from elsewhere. Who is
// logged in to the dashboard is logged in here. With a token alone the page is
// shown, and "Authorize" asks for it; it is kept by the page until it is closed.
package docs
