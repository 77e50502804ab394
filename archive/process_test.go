package archive_test

func helperProcess() int { return 2 }
