package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// noCredentials says what to do where there are none.
const noCredentials = "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials by AWS_PROFILE"

// newCredentials returns where credentials come from: the environment, else a
// profile, else the role of the machine or container. It reads no more than
// files. No error has anything of what they hold.
func newCredentials(o Options) (*credentials.Credentials, error) {
	id, secret := o.Getenv("AWS_ACCESS_KEY_ID"), o.Getenv("AWS_SECRET_ACCESS_KEY")
	switch {
	case id != "" && secret != "":
		return credentials.NewStaticV4(id, secret, o.Getenv("AWS_SESSION_TOKEN")), nil
	case id != "" || secret != "":
		return nil, errors.New("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; both are needed, or neither")
	}
	p, err := readProfile(o.Getenv)
	if err != nil {
		return nil, err
	}
	id, secret = p.values["aws_access_key_id"], p.values["aws_secret_access_key"]
	switch {
	case id != "" && secret != "":
		return credentials.NewStaticV4(id, secret, p.values["aws_session_token"]), nil
	case id != "" || secret != "":
		return nil, fmt.Errorf("the profile %q has only one of aws_access_key_id and aws_secret_access_key; both are needed", p.name)
	case p.values["sso_role_name"] != "" || p.values["credential_process"] != "":
		return credentials.New(&credentials.FileAWSCredentials{Profile: p.name}), nil
	case !p.found && o.Getenv("AWS_PROFILE") != "":
		return nil, fmt.Errorf("AWS_PROFILE names %q, and there is no such profile in %s", p.name, strings.Join(p.files, " and "))
	}
	if o.Endpoint == "" && o.Getenv("AWS_EC2_METADATA_DISABLED") != "true" {
		return credentials.New(&credentials.IAM{}), nil
	}
	return nil, errors.New(noCredentials)
}

// login makes sure that there are credentials, which may mean to ask for some.
func (b *Bucket) login(ctx context.Context) error {
	got := make(chan error, 1)
	go func() {
		v, err := b.creds.GetWithContext(&credentials.CredContext{Client: &http.Client{Transport: b.wire}})
		if err != nil || v.SignerType == credentials.SignatureAnonymous || v.AccessKeyID == "" {
			err = errors.New(noCredentials + "; nor did this machine, the profile's login or its process give any")
		}
		got <- err
	}()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
